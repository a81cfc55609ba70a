/**
 * Whether something holds a piece of a secret: as bytes, or as text in base64 or hexadecimal, or as numbers, however deep within it.
 * Self-contained, so that a page can run it.
 *
 * @param pieces of the secret, some tens of bytes each
 */
export function holdsSecret(something: unknown, pieces: readonly (readonly number[])[]): boolean {
  const letters = (bytes: ArrayLike<number>) =>
    Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  // Base64 goes by three bytes: wherever the piece begins in them, the middle of its text is the same.
  const base64 = pieces.flatMap((piece) =>
    [0, 1, 2].map((skipped) => btoa(letters(piece.slice(skipped))).slice(0, 24)),
  );
  const texts = [
    ...base64,
    ...base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    ...pieces.map((piece) => piece.map((byte) => byte.toString(16).padStart(2, "0")).join("")),
    ...pieces.map((piece) => piece.join(",")),
  ];
  const inBytes = (bytes: Uint8Array): boolean =>
    pieces.some((piece) => {
      for (let at = bytes.indexOf(piece[0]); at >= 0; at = bytes.indexOf(piece[0], at + 1)) {
        if (piece.every((byte, i) => bytes[at + i] === byte)) return true;
      }
      return false;
    });
  const inText = (text: string): boolean => {
    const decoded = text.includes("%") ? [text, decodeURIComponent(text)] : [text];
    return decoded.some((each) => texts.some((piece) => each.includes(piece)));
  };
  const seen = new Set<unknown>();
  const search = (value: unknown): boolean => {
    if (typeof value === "string") return inText(value);
    if (typeof value !== "object" || value === null || seen.has(value)) return false;
    seen.add(value);
    if (value instanceof ArrayBuffer) return inBytes(new Uint8Array(value));
    if (ArrayBuffer.isView(value)) {
      return inBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    }
    if (value instanceof Map) return [...value].some(search);
    const parts = Object.values(value);
    if (parts.length > 16 && parts.every((part) => typeof part === "number")) return inText(parts.join(","));
    return parts.some(search);
  };
  return search(something);
}

/** Pieces of a secret key, from all over it: one that holds even a part of it is found. */
export function piecesOf(secret: readonly number[]): number[][] {
  const length = 40;
  return Array.from({ length: 200 }, (_, i) => {
    const start = Math.floor(((i + 0.5) / 200) * (secret.length - length));
    return secret.slice(start, start + length);
  }).filter((piece) => new Set(piece).size > length / 4);
}
