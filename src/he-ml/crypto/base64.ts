import { uint8ArrayToBase64 } from "uint8array-extras";

/** A multiple of three, so that a block's text has no padding; each of its bytes is an argument of one call. */
const blockBytes = 3 * 2 ** 12;

/**
 * Bytes in base64, block by block: uint8array-extras 1.6 puts 65,535 arguments on the stack at once, for which a Web Worker's in
 * Chromium has no room.
 *
 * @example toBase64(Uint8Array.of(1, 2, 3)) // "AQID"
 */
export function toBase64(bytes: Uint8Array): string {
  const blocks = Array.from({ length: Math.ceil(bytes.length / blockBytes) }, (_, block) =>
    uint8ArrayToBase64(bytes.subarray(block * blockBytes, (block + 1) * blockBytes)),
  );
  return blocks.join("");
}
