import { crc32, deflateSync } from "node:zlib";

/**
 * A PNG of 8-bit gray values, row by row, as a `data:` address. Each value becomes a square of `magnify` ×
 * `magnify` pixels, because browsers and renderers smooth small images when they enlarge them.
 * Format: https://www.w3.org/TR/png-3/
 *
 * @param gray `width` × `height` values from 0 (black) to 255 (white).
 */
export function grayPngAddress(gray: Uint8Array, width: number, height: number, magnify: number): string {
  const bytesPerRow = 1 + width * magnify;
  const rows = Buffer.alloc(height * magnify * bytesPerRow);
  for (let y = 0; y < height * magnify; y++) {
    for (let x = 0; x < width * magnify; x++) {
      const source = Math.floor(y / magnify) * width + Math.floor(x / magnify);
      rows[y * bytesPerRow + 1 + x] = gray[source];
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width * magnify, 0);
  header.writeUInt32BE(height * magnify, 4);
  header[8] = 8; // bits a sample; the zeros after it: gray, deflate, the standard filters, not interlaced

  const png = Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
  return `data:image/png;base64,${png.toString("base64")}`;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, checksum]);
}
