import { encode } from "fast-png";
import { toBase64 } from "../he-ml/crypto/base64.js";

/**
 * A PNG of 8-bit gray values, row by row, as a `data:` address. Each value becomes a square of `magnify` ×
 * `magnify` pixels, because browsers and renderers smooth small images when they enlarge them.
 *
 * @param gray `width` × `height` values from 0 (black) to 255 (white).
 */
export function grayPngAddress(gray: Uint8Array, width: number, height: number, magnify: number): string {
  const [columns, rows] = [width * magnify, height * magnify];
  const data = new Uint8Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      data[y * columns + x] = gray[Math.floor(y / magnify) * width + Math.floor(x / magnify)];
    }
  }
  const png = encode({ width: columns, height: rows, channels: 1, depth: 8, data }, { zlib: { level: 9 } });
  return `data:image/png;base64,${toBase64(png)}`;
}
