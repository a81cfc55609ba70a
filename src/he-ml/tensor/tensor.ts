import { inWords, isObject, listInWords, requireArgument, requireList } from "../arguments.js";
import { InputError } from "../errors.js";

/** Sizes of a tensor's axes, outermost first. Images are NCHW, as in PyTorch. */
export type Shape = readonly number[];

/** A dense tensor of doubles in row-major order. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** The number of values in a tensor of this shape. @throws InputError if it is no list of sizes */
export function sizeOf(shape: Shape): number {
  requireArgument("sizeOf", Array.isArray(shape), "a shape, as [1, 28, 28]", shape);
  const size = productOf(shape);
  if (!(size >= 0)) requireSizes("sizeOf", shape);
  return size;
}

const productOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** `[4, 24, 24]` as `4×24×24`, the form used in messages and tables. @throws InputError if it is no list */
export function formatShape(shape: Shape): string {
  requireArgument("formatShape", Array.isArray(shape), "a shape, as [1, 28, 28]", shape);
  return shape.length === 0 ? "scalar" : shape.join("×");
}

/**
 * Makes a tensor from values in row-major order; the values are copied.
 *
 * @throws InputError if the number of values does not match the shape, or one is no number.
 * @example tensor([2, 2], [1, 2, 3, 4])
 */
export function tensor(shape: Shape, values: ArrayLike<number>): Tensor {
  requireSizes("tensor", shape);
  requireArgument("tensor", isObject(values), "an array of values", values);
  if (values.length !== sizeOf(shape)) {
    throw new InputError(
      `tensor: shape ${formatShape(shape)} holds ${sizeOf(shape)} values, got ${inWords(values.length)}`,
    );
  }
  const data = new Float64Array(values.length);
  for (let i = 0; i < data.length; i++) {
    const value: unknown = values[i];
    if (typeof value !== "number") {
      throw new InputError(`tensor: expected numbers, got ${inWords(value)} at ${i}; convert them before`);
    }
    data[i] = value;
  }
  return { shape: [...shape], data };
}

/** @throws InputError unless these are sizes of axes */
function requireSizes(what: string, shape: unknown): asserts shape is Shape {
  if (Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && (size as number) >= 0)) return;
  throw new InputError(`${what}: a shape has whole, non-negative sizes, got ${listInWords(shape)}`);
}

/** @throws InputError unless the value is a tensor, with as many values as its shape holds */
export function requireTensor(what: string, value: unknown): asserts value is Tensor {
  const { shape, data } = (value ?? {}) as Partial<Tensor>;
  if (Array.isArray(shape) && data instanceof Float64Array && data.length === productOf(shape as Shape))
    return;
  const got =
    data instanceof Float64Array && Array.isArray(shape)
      ? `${data.length} values for ${formatShape(shape)}`
      : inWords(value);
  throw new InputError(`${what}: expected a tensor, got ${got}; make one with tensor(shape, values)`);
}

/** More values than an array can hold. @see https://tc39.es/ecma262/#sec-arraylength: 2^32 − 1 */
const tooManyValues = 2 ** 32;

/**
 * A tensor of zeros.
 *
 * @throws InputError if a size of the shape is negative, or no whole number, or there are 2^32 values or more
 */
export function zeros(shape: Shape): Tensor {
  requireSizes("zeros", shape);
  const size = productOf(shape);
  if (!(size < tooManyValues)) {
    throw new InputError(
      `zeros: expected fewer than 2^32 values, got ${listInWords(shape)}; make it in parts`,
    );
  }
  return { shape: [...shape], data: new Float64Array(size) };
}

/**
 * The same values under another shape; the data is shared, not copied.
 *
 * @throws InputError if the two shapes do not hold the same number of values.
 */
export function reshape(source: Tensor, shape: Shape): Tensor {
  requireTensor("reshape", source);
  requireSizes("reshape", shape);
  if (productOf(shape) !== source.data.length) {
    throw new InputError(`reshape: ${formatShape(source.shape)} cannot become ${formatShape(shape)}`);
  }
  return { shape: [...shape], data: source.data };
}

/**
 * Image `index` of a batch, without its batch axis; the data is shared.
 *
 * @throws InputError if the batch has no such image.
 */
export function imageAt(batch: Tensor, index: number): Tensor {
  requireTensor("imageAt", batch);
  const [count = 0, ...shape] = batch.shape;
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new InputError(`imageAt: index ${inWords(index)} is outside a batch of ${count}`);
  }
  const size = sizeOf(shape);
  return { shape, data: batch.data.subarray(index * size, (index + 1) * size) };
}

/**
 * Images of one shape as a batch with a leading axis.
 *
 * @throws InputError if there are none, one is no tensor, or their shapes differ.
 */
export function stack(images: readonly Tensor[]): Tensor {
  requireList("stack", images, "a list of tensors");
  if (images.length === 0) throw new InputError("stack: expected at least one tensor, got none");
  requireTensor("stack", images[0]);
  const { shape } = images[0];
  const data = new Float64Array(images.length * sizeOf(shape));
  images.forEach((image, index) => {
    requireTensor("stack", image);
    if (formatShape(image.shape) !== formatShape(shape)) {
      throw new InputError(
        `stack: expected every tensor to be ${formatShape(shape)}, got ${formatShape(image.shape)} at ${index}`,
      );
    }
    data.set(image.data, index * image.data.length);
  });
  return { shape: [images.length, ...shape], data };
}

/** The position of the largest value; the first of equals. @throws InputError if there is no array */
export function argmax(values: ArrayLike<number>): number {
  requireNumbers("argmax", values);
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** The largest magnitude among the values, 0 for none. @throws InputError if there is no array */
export function maxAbs(values: ArrayLike<number>): number {
  requireNumbers("maxAbs", values);
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}

/** Asks for the array only, and not for each of its values: both are called for every ciphertext. */
function requireNumbers(operation: string, values: unknown): void {
  const isList = Array.isArray(values) || (ArrayBuffer.isView(values) && "length" in values);
  requireArgument(operation, isList, "an array of numbers; of a tensor, take its data", values);
}
