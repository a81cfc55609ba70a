/** A cell's pictures by name, each as a bundle of types, as nbformat has them. */
export type Attachments = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The types of pictures that a page shows, the best first. In an `<img>` an SVG runs no script and loads nothing. */
export const imageTypes = ["image/svg+xml", "image/png", "image/jpeg", "image/webp", "image/gif"] as const;

/** An address that is itself a picture. */
export function isImageUri(address: string): boolean {
  const [, type, bytes] = /^data:([\w/+]+);base64,([A-Za-z0-9+/]+={0,2})$/.exec(address) ?? [];
  return bytes !== undefined && imageTypes.some((known) => known === type);
}

/** A picture from an output or an attachment as an address, or undefined when it is none. */
export function imageUri(type: string, content: unknown): string | undefined {
  const text = Array.isArray(content) ? content.join("") : content;
  if (typeof text !== "string") return undefined;
  const isMarkup = type === "image/svg+xml" && text.includes("<");
  const bytes = isMarkup ? Buffer.from(text).toString("base64") : text.replaceAll(/\s/g, "");
  const address = `data:${type};base64,${bytes}`;
  return isImageUri(address) ? address : undefined;
}

/** The picture that `attachment:NAME` names. */
export function attachmentUri(attachments: Attachments, address: string): string | undefined {
  if (!address.startsWith("attachment:")) return undefined;
  const wanted = address.slice("attachment:".length);
  const [, bundle] =
    Object.entries(attachments).find(([name]) => name === wanted || encodeURI(name) === wanted) ?? [];
  const uris = imageTypes.map((type) => imageUri(type, bundle?.[type]));
  return uris.find((uri) => uri !== undefined);
}
