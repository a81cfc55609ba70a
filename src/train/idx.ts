import { concatUint8Arrays, uint8ArrayToHex } from "uint8array-extras";
import { InputError } from "../he-ml/errors.js";
import { formatShape, sizeOf, type Shape } from "../he-ml/tensor/tensor.js";

/** An array of bytes with its dimensions, outermost first: what an IDX file of type ubyte holds. */
export interface IdxArray {
  /** MNIST's images are `[count, rows, columns]`, its labels `[count]`. */
  readonly shape: Shape;
  /** Row-major, one byte a value. */
  readonly data: Uint8Array;
}

const unsignedByte = 0x08;

/** Twenty times MNIST's training images; a small file that unpacks to more is no dataset. */
const largestArrayBytes = 2 ** 30;

const otherTypes: Readonly<Record<number, string>> = {
  0x09: "signed bytes",
  0x0b: "16-bit integers",
  0x0c: "32-bit integers",
  0x0d: "32-bit floats",
  0x0e: "64-bit floats",
};

/**
 * Reads an IDX array of unsigned bytes: two zero bytes, the type, the number of dimensions, each dimension as a
 * big-endian 32-bit integer, then exactly the values. A gzip-compressed array is decompressed first.
 *
 * @param what Names the source in messages, a file's path for one.
 * @throws InputError if the bytes are not IDX, hold another type, or are shorter or longer than their header says.
 * @example await readIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 2)) // { shape: [2], data: [7, 2] }
 */
export async function readIdx(bytes: Uint8Array, what = "IDX array"): Promise<IdxArray> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return parseIdx(isGzip ? await decompress(bytes, what) : bytes, what);
}

/**
 * Writes an array of unsigned bytes in the IDX format.
 *
 * @throws InputError if the values do not fill the shape, or the shape has no dimension or more than 255.
 */
export function writeIdx({ shape, data }: IdxArray): Uint8Array {
  if (shape.length < 1 || shape.length > 255) {
    throw new InputError(`writeIdx: expected 1 to 255 dimensions, got ${shape.length}`);
  }
  if (!shape.every((size) => Number.isInteger(size) && size >= 0 && size < 2 ** 32)) {
    throw new InputError(
      `writeIdx: expected whole dimensions between 0 and 2^32 - 1, got ${formatShape(shape)}`,
    );
  }
  if (sizeOf(shape) !== data.length) {
    throw new InputError(
      `writeIdx: ${formatShape(shape)} holds ${sizeOf(shape)} values, got ${data.length}; correct the shape`,
    );
  }
  const headerLength = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerLength + data.length);
  bytes.set([0, 0, unsignedByte, shape.length]);
  const view = new DataView(bytes.buffer);
  shape.forEach((size, axis) => {
    view.setUint32(4 + 4 * axis, size);
  });
  bytes.set(data, headerLength);
  return bytes;
}

async function decompress(bytes: Uint8Array, what: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const unpacked = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
    const reader = unpacked.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      length += part.value.length;
      if (length > largestArrayBytes) throw new Error(`it unpacks to more than ${largestArrayBytes} bytes`);
    }
  } catch (error) {
    const { message, cause } = error as Error;
    throw new InputError(
      `${what}: begins like a gzip file but cannot be decompressed (${message || String(cause)}); ` +
        `it is damaged or incomplete, fetch it again`,
    );
  }
  return concatUint8Arrays(parts, length);
}

function parseIdx(bytes: Uint8Array, what: string): IdxArray {
  if (bytes.length < 4) {
    throw new InputError(`${what}: an IDX file has at least 4 bytes, got ${bytes.length}; fetch it again`);
  }
  const [zero, alsoZero, type, dimensions] = bytes;
  if (zero !== 0 || alsoZero !== 0) {
    const start = uint8ArrayToHex(bytes.subarray(0, 4));
    throw new InputError(`${what}: not an IDX file: expected it to begin with bytes 0000, got ${start}`);
  }
  if (type !== unsignedByte) {
    const found = otherTypes[type] ?? `type 0x${type.toString(16)}`;
    throw new InputError(
      `${what}: expected an IDX file of unsigned bytes (type 0x8), got ${found}; convert it first`,
    );
  }
  if (dimensions === 0) throw new InputError(`${what}: expected an IDX file with a dimension, got none`);
  const headerLength = 4 + 4 * dimensions;
  if (bytes.length < headerLength) {
    throw new InputError(
      `${what}: truncated: ${dimensions} dimensions need a header of ${headerLength} bytes, ` +
        `got ${bytes.length}; fetch it again`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = sizeOf(shape);
  const data = bytes.subarray(headerLength);
  if (data.length !== expected) {
    throw new InputError(
      `${what}: ${data.length < expected ? "truncated" : "too long"}: ${formatShape(shape)} values need ` +
        `${expected} bytes after the header, got ${data.length}; fetch it again`,
    );
  }
  return { shape, data };
}
