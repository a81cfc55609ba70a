import { expect } from "@jest/globals";
import { inflateSync } from "node:zlib";
import type { Figure } from "../../src/viz/figure.js";
import { renderPng } from "../../src/viz/render.js";

/** Width, height and how many different values there are among the filtered bytes of the pixels. */
export function readPng(png: Uint8Array) {
  const bytes = Buffer.from(png);
  return {
    signature: bytes.toString("latin1", 0, 8),
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
    distinct: new Set(filteredBytes(bytes)).size,
  };
}

/** The pixels row by row, each row behind the number of its filter. */
export function filteredBytes(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString("latin1", at + 4, at + 8) === "IDAT")
      parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  return inflateSync(Buffer.concat(parts));
}

/** Draws a figure as PNG: of the size asked for, and not one colour. */
export async function checkPng(figure: Figure): Promise<void> {
  const { signature, width, height, distinct } = readPng(
    await renderPng(figure, { width: 400, height: 300, scale: 1.5 }),
  );
  expect(signature).toBe("\x89PNG\r\n\x1a\n");
  expect([width, height]).toEqual([600, 450]);
  expect(distinct).toBeGreaterThan(50);
}
