import { formatShape, sizeOf, type Shape, type Tensor } from "../tensor/tensor.js";

/** How images of one shape become images of another that has as many values. */
export interface ShapeFit {
  /** For a message: what is done. */
  readonly how: string;
  /** Value `i` of the new image is value `places[i]` of the old; in the old order where it is left out. */
  readonly places?: Int32Array;
}

/**
 * How images of a shape are given to a model that takes another: axes of length 1 come and go, an image becomes a row and
 * a row an image, both row-major; and where the channels are last on one side, they are moved.
 *
 * @returns undefined where the shapes are not of the same image
 * @example fitOf([1, 28, 28], [784]) // { how: "reshaped from 1×28×28 to 784" }
 * @example fitOf([3, 32, 32], [32, 32, 3])!.places // moves channels last
 */
export function fitOf(from: Shape, to: Shape): ShapeFit | undefined {
  if (sizeOf(from) !== sizeOf(to)) return undefined;
  const inWords = `from ${formatShape(from)} to ${formatShape(to)}`;
  const long = (shape: Shape) => shape.filter((size) => size !== 1).join();
  if (from.length <= 1 || to.length <= 1 || long(from) === long(to)) return { how: `reshaped ${inWords}` };
  if (from.length !== 3 || to.length !== 3) return undefined;
  for (const order of [channelsToTheEnd, channelsToTheFront]) {
    if (order.every((axis, i) => from[axis] === to[i])) {
      return { how: `with its channels moved ${inWords}`, places: placesOf(from, order) };
    }
  }
  return undefined;
}

const channelsToTheEnd = [1, 2, 0];
const channelsToTheFront = [2, 0, 1];

/** The new axis `i` is the old axis `order[i]`. */
function placesOf(from: Shape, order: readonly number[]): Int32Array {
  const steps = from.map((_, axis) => sizeOf(from.slice(axis + 1)));
  const [rows, columns, depth] = order.map((axis) => from[axis]);
  const [down, right, deep] = order.map((axis) => steps[axis]);
  return Int32Array.from({ length: rows * columns * depth }, (_, i) => {
    const row = Math.floor(i / (columns * depth));
    return row * down + (Math.floor(i / depth) % columns) * right + (i % depth) * deep;
  });
}

/** A batch `[n, …from]` as `[n, …to]`, by a fit of the two. */
export function fitted({ shape: [count], data }: Tensor, { places }: ShapeFit, to: Shape): Tensor {
  const size = sizeOf(to);
  const values = places ? data.map((_, i) => data[i - (i % size) + places[i % size]]) : data;
  return { shape: [count, ...to], data: values };
}
