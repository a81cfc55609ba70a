import { InputError } from "../he-ml/errors.js";
import { sizeOf, type Tensor } from "../he-ml/tensor/tensor.js";

const magic = "\x93NUMPY";

/** Bytes of a value, and how it is read, by the letters that NumPy gives a type: all little-endian. */
const types: Readonly<
  Record<string, readonly [bytes: number, read: (view: DataView, at: number) => number]>
> = {
  "<f4": [4, (view, at) => view.getFloat32(at, true)],
  "<f8": [8, (view, at) => view.getFloat64(at, true)],
  "|u1": [1, (view, at) => view.getUint8(at)],
  "|i1": [1, (view, at) => view.getInt8(at)],
  "<u2": [2, (view, at) => view.getUint16(at, true)],
  "<i2": [2, (view, at) => view.getInt16(at, true)],
  "<u4": [4, (view, at) => view.getUint32(at, true)],
  "<i4": [4, (view, at) => view.getInt32(at, true)],
  "<u8": [8, (view, at) => Number(view.getBigUint64(at, true))],
  "<i8": [8, (view, at) => Number(view.getBigInt64(at, true))],
};

/**
 * Reads an array as `numpy.save` writes it: of numbers, little-endian, in C order. Nothing in the file is run.
 *
 * Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @param what how messages call the file
 * @throws InputError naming the type or the order if it is another, or what is damaged
 */
export function readNpy(what: string, bytes: Uint8Array): Tensor {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const latin = (start: number, end: number) => Buffer.from(bytes.subarray(start, end)).toString("latin1");
  if (bytes.length < 12 || latin(0, 6) !== magic) throw new InputError(`${what}: it is no .npy file`);
  const major = view.getUint8(6);
  if (major < 1 || major > 3) throw new InputError(`${what}: expected format 1 to 3, got ${major}`);
  const start = major === 1 ? 10 : 12;
  const end = start + (major === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (end > bytes.length) throw new InputError(`${what}: it is cut off in its header`);
  const { type, shape } = parseHeader(what, latin(start, end));
  const [size, read] = types[type];
  const values = bytes.length - end;
  if (!shape.every(Number.isSafeInteger) || sizeOf(shape) * size !== values) {
    throw new InputError(
      `${what}: its header says ${shape.join("×")} values of ${size} bytes, but there are ${values} bytes; save it again`,
    );
  }
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => read(view, end + i * size)) };
}

function parseHeader(what: string, header: string): { readonly type: string; readonly shape: number[] } {
  const fields =
    /^\{\s*'descr':\s*(?<descr>'[^']*'|\[.*\]),\s*'fortran_order':\s*(?<order>True|False),\s*'shape':\s*\((?<shape>[\d, ]*)\),?\s*\}\s*$/.exec(
      header,
    )?.groups;
  if (!fields) throw new InputError(`${what}: its header cannot be read; save it with numpy.save`);
  const type = fields.descr.replaceAll("'", "");
  if (!Object.hasOwn(types, type)) {
    throw new InputError(
      `${what}: its values are of type ${type}, expected one of ${Object.keys(types).join(", ")}; ` +
        `save it with .astype("float32")`,
    );
  }
  if (fields.order === "True") {
    throw new InputError(
      `${what}: its values are in Fortran's order, expected C's; save numpy.ascontiguousarray(x)`,
    );
  }
  const shape = fields.shape.split(",").filter((part) => part.trim() !== "");
  return { type, shape: shape.map(Number) };
}
