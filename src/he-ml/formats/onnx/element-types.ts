import { TensorProto_DataType as DataType } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { NumberType } from "../numbers.js";

const numberTypes: ReadonlyMap<number, NumberType> = new Map<number, NumberType>([
  [DataType.FLOAT, "f32"],
  [DataType.DOUBLE, "f64"],
  [DataType.FLOAT16, "f16"],
  [DataType.BFLOAT16, "bf16"],
  [DataType.INT8, "i8"],
  [DataType.INT16, "i16"],
  [DataType.INT32, "i32"],
  [DataType.INT64, "i64"],
  [DataType.UINT8, "u8"],
  [DataType.UINT16, "u16"],
  [DataType.UINT32, "u32"],
  [DataType.BOOL, "bool"],
]);

/** How the file holds the numbers of an ONNX type; undefined for text, and for types that cannot be read. */
export const numberTypeOf = (dataType: number): NumberType | undefined => numberTypes.get(dataType);

/** What ONNX calls a type. */
export const typeName = (dataType: number): string => DataType[dataType] ?? `type ${dataType}`;

const floatTypes: ReadonlySet<NumberType> = new Set(["f16", "bf16", "f32", "f64"]);

export const isFloat = (type: NumberType): boolean => floatTypes.has(type);

/** Doubles hold whole numbers up to here. */
const largestExact = 2 ** 53;

/** To the nearest number of so many bits, even where two are as near; the smallest exponent's numbers lie evenly below it. */
function toBits(value: number, bits: number, smallestExponent: number, largest: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), smallestExponent);
  const step = 2 ** (exponent - bits + 1);
  const steps = value / step;
  const floor = Math.floor(steps);
  const rest = steps - floor;
  const isUp = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  const rounded = (floor + (isUp ? 1 : 0)) * step;
  return Math.abs(rounded) > largest ? Math.sign(rounded) * Infinity : rounded;
}

const integerBits: Readonly<Record<string, number>> = {
  i8: 8,
  i16: 16,
  i32: 32,
  u8: 8,
  u16: 16,
  u32: 32,
};

/**
 * What a number becomes where it is kept in a type, as a result of arithmetic is: floats are rounded to the nearest, whole
 * numbers wrap around. NaN stands for the size of an open batch among whole numbers, and stays.
 *
 * @param what names the constant in messages
 * @throws InputError if a whole number of 64 bits is beyond those that doubles hold
 */
export function kept(value: number, type: NumberType, what: string): number {
  if (Number.isNaN(value)) return value;
  switch (type) {
    case "f64":
      return value;
    case "f32":
      return Math.fround(value);
    case "f16":
      return toBits(value, 11, -14, 65504);
    case "bf16":
      return toBits(Math.fround(value), 8, -126, 2 ** 128 * (1 - 2 ** -8));
    case "bool":
      return value === 0 ? 0 : 1;
  }
  if (!(Math.abs(value) <= largestExact)) {
    throw new InputError(
      `${what}: computes the whole number ${value}, which is beyond 2^53; export the model with constant folding`,
    );
  }
  if (type === "i64") return value;
  const size = 2 ** integerBits[type];
  const wrapped = ((value % size) + size) % size;
  return type.startsWith("i") && wrapped >= size / 2 ? wrapped - size : wrapped;
}

/**
 * ONNX's `Cast` of a number: a float becomes a whole number by truncation, and true unless it is zero.
 *
 * @throws InputError if a float lies outside of the whole numbers of the type, where ONNX leaves the result open
 */
export function castTo(value: number, from: NumberType, to: NumberType, what: string): number {
  if (isFloat(to) || to === "bool" || !isFloat(from)) return kept(value, to, what);
  const truncated = Math.trunc(value);
  if (Number.isFinite(truncated) && kept(truncated, to, what) === truncated) return truncated;
  throw new InputError(`${what}: casts ${value} to ${to}, which cannot hold it; export the model in float32`);
}
