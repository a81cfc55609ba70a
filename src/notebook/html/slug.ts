/** A text as the part of an address that code hosts make of a heading: "Two contexts, one key" → "two-contexts-one-key". */
export function slug(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}\p{Mark}\s_-]/gu, "")
    .replaceAll(/\s+/g, "-");
}

const prefix = "section-";

/** The id that the fragment of an address means. */
export const fragmentId = (fragment: string): string => anchorId(decode(fragment));

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The id under which a heading or anchor stands in the page; with a prefix, so that no script's name is taken. */
export function anchorId(text: string): string {
  const made = slug(text);
  return made.startsWith(prefix) ? made : prefix + made;
}
