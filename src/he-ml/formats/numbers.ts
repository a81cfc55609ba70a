/** How files hold numbers: little-endian. */
export type NumberType =
  "f16" | "bf16" | "f32" | "f64" | "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "bool";

export const numberBytes: Readonly<Record<NumberType, number>> = {
  f16: 2,
  bf16: 2,
  f32: 4,
  f64: 8,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  u8: 1,
  u16: 2,
  u32: 4,
  bool: 1,
};

/** A float16's value from its bits. */
export function halfToDouble(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** Reads the number at an index of little-endian bytes, wherever these begin in memory. */
export function doublesOf(type: NumberType, bytes: Uint8Array): (index: number) => number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case "f16":
      return (index) => halfToDouble(view.getUint16(2 * index, true));
    case "bf16": {
      // The upper half of a float32.
      const single = new DataView(new ArrayBuffer(4));
      return (index) => {
        single.setUint16(2, view.getUint16(2 * index, true), true);
        return single.getFloat32(0, true);
      };
    }
    case "f32":
      return (index) => view.getFloat32(4 * index, true);
    case "f64":
      return (index) => view.getFloat64(8 * index, true);
    case "i8":
      return (index) => view.getInt8(index);
    case "i16":
      return (index) => view.getInt16(2 * index, true);
    case "i32":
      return (index) => view.getInt32(4 * index, true);
    case "i64":
      return (index) => Number(view.getBigInt64(8 * index, true));
    case "u16":
      return (index) => view.getUint16(2 * index, true);
    case "u32":
      return (index) => view.getUint32(4 * index, true);
    case "u8":
    case "bool":
      return (index) => bytes[index];
  }
}
