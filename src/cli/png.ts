import { inflateSync } from "node:zlib";
import { decode } from "fast-png";
import type { Picture } from "./picture.js";

/** Chunks that say what the pixels are; the others (text, colour profiles, animation) are not even decompressed. */
const wanted = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

/**
 * Decodes a PNG.
 *
 * @param mostPixels more are refused before anything is decoded
 * @throws Error saying what is wrong with it
 */
export function decodePng(bytes: Uint8Array, mostPixels: number): Picture {
  return toPicture(decode(checkedPng(bytes, mostPixels), { checkCrc: true }));
}

interface Chunk {
  readonly type: string;
  /** With its length, type and checksum. */
  readonly whole: Uint8Array;
  readonly data: Uint8Array;
}

/**
 * The file with the wanted chunks only, after a check that its pixels take as many bytes as its header says: the
 * decoder has no bounds of its own. Format: https://www.w3.org/TR/png-3/
 */
function checkedPng(bytes: Uint8Array, mostPixels: number): Uint8Array {
  const signature = bytes.subarray(0, 8);
  if (Buffer.from(signature).toString("latin1") !== "\x89PNG\r\n\x1a\n") throw new Error("it is no PNG file");
  const all = [...chunksOf(bytes)];
  const [header] = all;
  if (header?.type !== "IHDR" || header.data.length !== 13) throw new Error("it has no header");
  // A palette beside true colours is advice for poor screens.
  const isWanted = ({ type }: Chunk) => wanted.has(type) && (type !== "PLTE" || header.data[9] === 3);
  const chunks = all.filter(isWanted);
  if (chunks.filter(({ type }) => type === "IHDR").length > 1) throw new Error("it has two headers");
  if (header.data[9] === 3 && !chunks.some(({ type }) => type === "PLTE"))
    throw new Error("it has no palette");
  const pixels = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  const expected = decompressedBytes(header.data, mostPixels);
  let length: number;
  try {
    ({ length } = inflateSync(pixels, { maxOutputLength: expected }));
  } catch (error) {
    throw new Error(`its pixels cannot be decompressed (${(error as Error).message})`, { cause: error });
  }
  if (length !== expected) throw new Error(`it has ${length} bytes of pixels, its header says ${expected}`);
  return Buffer.concat([signature, ...chunks.map(({ whole }) => whole)]);
}

function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 8;
  while (start + 12 <= bytes.length) {
    const length = view.getUint32(start);
    const end = start + 12 + length;
    if (end > bytes.length) throw new Error("it is cut off");
    const type = Buffer.from(bytes.subarray(start + 4, start + 8)).toString("latin1");
    yield { type, whole: bytes.subarray(start, end), data: bytes.subarray(start + 8, end - 4) };
    if (type === "IEND") return;
    start = end;
  }
  throw new Error("it is cut off");
}

/** Channels by the header's colour type. */
const channelsOfType: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Bytes of all rows, each with a byte for its filter; an interlaced picture comes in seven passes. */
function decompressedBytes(header: Uint8Array, mostPixels: number): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, , , interlaced] = header.subarray(8);
  if (width === 0 || height === 0) throw new Error(`it has ${width}×${height} pixels`);
  if (width * height > mostPixels) {
    throw new Error(
      `it has ${width}×${height} pixels, more than ${mostPixels.toLocaleString("en-US")}; make it smaller`,
    );
  }
  const channels = channelsOfType[type];
  if (!channels) throw new Error(`its colour type ${type} is unknown`);
  const passBytes = (columns: number, rows: number) =>
    columns === 0 || rows === 0 ? 0 : rows * (1 + Math.ceil((columns * channels * depth) / 8));
  if (!interlaced) return passBytes(width, height);
  if (depth < 8) throw new Error(`it is interlaced with ${depth} bits a sample`);
  // First column and row, and steps, of Adam7's passes.
  const passes = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
  ];
  return passes.reduce((sum, [left, top, across, down]) => {
    const columns = Math.max(0, Math.ceil((width - left) / across));
    const rows = Math.max(0, Math.ceil((height - top) / down));
    return sum + passBytes(columns, rows);
  }, 0);
}

type Decoded = ReturnType<typeof decode>;

function toPicture(decoded: Decoded): Picture {
  const { width, height, channels, depth, palette, transparency } = decoded;
  const most = 2 ** depth - 1;
  const sampleAt = samplesOf(decoded);
  const onWhite = (rgb: Float64Array, alpha: number) => {
    for (let i = 0; i < 3; i++) rgb[i] = alpha * rgb[i] + 1 - alpha;
  };
  const readPixel = (pixel: number, rgb: Float64Array): void => {
    if (palette) {
      // Format: what is beyond the palette is shown as black.
      const color = palette[sampleAt(pixel, 0)] ?? [0, 0, 0];
      for (let i = 0; i < 3; i++) rgb[i] = color[i] / 255;
      onWhite(rgb, (color[3] ?? 255) / 255);
      return;
    }
    const isGray = channels < 3;
    let isTransparent = transparency !== undefined && channels % 2 === 1;
    for (let i = 0; i < 3; i++) {
      const sample = sampleAt(pixel, isGray ? 0 : i);
      if (isTransparent) isTransparent = sample === transparency![isGray ? 0 : i];
      rgb[i] = sample / most;
    }
    if (isTransparent) rgb.fill(1);
    if (channels % 2 === 0) onWhite(rgb, sampleAt(pixel, channels - 1) / most);
  };
  return { width, height, readPixel };
}

/** Reads one sample of a pixel; below 8 bits several share a byte, and each row begins with a new one. */
function samplesOf({ data, width, channels, depth }: Decoded): (pixel: number, channel: number) => number {
  if (depth >= 8) return (pixel, channel) => data[pixel * channels + channel];
  const bytesPerRow = Math.ceil((width * depth) / 8);
  const mask = 2 ** depth - 1;
  return (pixel) => {
    const bit = (pixel % width) * depth;
    const byte = data[Math.floor(pixel / width) * bytesPerRow + (bit >> 3)];
    return (byte >> (8 - depth - (bit & 7))) & mask;
  };
}
