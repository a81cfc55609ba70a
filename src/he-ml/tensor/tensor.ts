import { InputError } from "../errors.js";

/** Sizes of a tensor's axes, outermost first. Images are NCHW, as in PyTorch. */
export type Shape = readonly number[];

/** A dense tensor of doubles in row-major order. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** The number of values in a tensor of this shape. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `[4, 24, 24]` as `4×24×24`, the form used in messages and tables. */
export function formatShape(shape: Shape): string {
  return shape.length === 0 ? "scalar" : shape.join("×");
}

/**
 * Makes a tensor from values in row-major order; the values are copied.
 *
 * @throws InputError if the number of values does not match the shape.
 * @example tensor([2, 2], [1, 2, 3, 4])
 */
export function tensor(shape: Shape, values: ArrayLike<number>): Tensor {
  requireSizes("tensor", shape);
  const given: unknown = values;
  if (typeof given !== "object" || given === null) {
    throw new InputError(
      `tensor: expected an array of values, got ${given === null ? "null" : typeof given}`,
    );
  }
  if (values.length !== sizeOf(shape)) {
    throw new InputError(
      `tensor: shape ${formatShape(shape)} holds ${sizeOf(shape)} values, got ${values.length}`,
    );
  }
  return { shape: [...shape], data: Float64Array.from(values) };
}

/** @throws InputError unless these are sizes of axes */
function requireSizes(what: string, shape: unknown): asserts shape is Shape {
  if (Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && (size as number) >= 0)) return;
  const got = Array.isArray(shape) ? `[${shape.join(", ")}]` : String(shape);
  throw new InputError(`${what}: a shape has whole, non-negative sizes, got ${got}`);
}

/** @throws InputError unless the value is a tensor, with as many values as its shape holds */
export function requireTensor(what: string, value: unknown): asserts value is Tensor {
  const { shape, data } = (value ?? {}) as Partial<Tensor>;
  if (Array.isArray(shape) && data instanceof Float64Array && data.length === sizeOf(shape)) return;
  const got =
    data instanceof Float64Array && Array.isArray(shape)
      ? `${data.length} values for ${formatShape(shape)}`
      : value === null
        ? "null"
        : typeof value;
  throw new InputError(`${what}: expected a tensor, got ${got}; make one with tensor(shape, values)`);
}

/** A tensor of zeros. @throws InputError if a size of the shape is negative, or no whole number */
export function zeros(shape: Shape): Tensor {
  requireSizes("zeros", shape);
  return { shape: [...shape], data: new Float64Array(sizeOf(shape)) };
}

/**
 * The same values under another shape; the data is shared, not copied.
 *
 * @throws InputError if the two shapes do not hold the same number of values.
 */
export function reshape(source: Tensor, shape: Shape): Tensor {
  if (sizeOf(shape) !== source.data.length) {
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
  const [count, ...shape] = batch.shape;
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new InputError(`imageAt: index ${index} is outside a batch of ${count}`);
  }
  const size = sizeOf(shape);
  return { shape, data: batch.data.subarray(index * size, (index + 1) * size) };
}

/**
 * Images of one shape as a batch with a leading axis.
 *
 * @throws InputError if there are none, or their shapes differ.
 */
export function stack(images: readonly Tensor[]): Tensor {
  if (images.length === 0) throw new InputError("stack: expected at least one tensor, got none");
  const { shape } = images[0];
  const data = new Float64Array(images.length * sizeOf(shape));
  images.forEach((image, index) => {
    if (formatShape(image.shape) !== formatShape(shape)) {
      throw new InputError(
        `stack: expected every tensor to be ${formatShape(shape)}, got ${formatShape(image.shape)} at ${index}`,
      );
    }
    data.set(image.data, index * image.data.length);
  });
  return { shape: [images.length, ...shape], data };
}

/** The position of the largest value; the first of equals. */
export function argmax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** The largest magnitude among the values, 0 for none. */
export function maxAbs(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}
