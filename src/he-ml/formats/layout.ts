import { sizeOf, zeros, type Shape, type Tensor } from "../tensor/tensor.js";

/**
 * How the file orders the values of an image that our layers see as `[channels, height, width]`: files made by
 * TensorFlow have the channels last, before and after flattening.
 */
export interface Layout {
  /** Of one image in our order; of a flattened one, as it was before. */
  readonly shape: Shape;
  /** The file's axis `i`, counted behind the batch, is our axis `order[i]`; axes of size 1 may be left out. */
  readonly order: readonly number[];
  /** Whether the axes have become one. */
  readonly isFlat: boolean;
}

/** The file's order is ours. */
export const ownLayout = (shape: Shape): Layout => ({
  shape,
  order: shape.map((_, axis) => axis),
  isFlat: false,
});

export const channelsLast = ([height, width, channels]: Shape): Layout => ({
  shape: [channels, height, width],
  order: [1, 2, 0],
  isFlat: false,
});

/** Images `[length, channels]` of one dimension, which are one row high with us. */
export const sequence = ([length, channels]: Shape): Layout => ({
  shape: [channels, 1, length],
  order: [2, 0],
  isFlat: false,
});

/** Whether the file's last axis is that of the channels. */
export const isChannelsLast = ({ order, isFlat }: Layout): boolean => !isFlat && order.at(-1) === 0;

/** Images `[channels, length]` of one dimension. */
export const oneRow = ([channels, length]: Shape): Layout => ({
  shape: [channels, 1, length],
  order: [0, 2],
  isFlat: false,
});

/** The shape that the file gives one image. */
export const fileShape = ({ shape, order, isFlat }: Layout): Shape =>
  isFlat ? [sizeOf(shape)] : order.map((axis) => shape[axis]);

/** The shape that our layers give one image. */
export const ourShape = ({ shape, isFlat }: Layout): Shape => (isFlat ? [sizeOf(shape)] : shape);

/** The layout behind a transposition whose axis `i` is the file's axis `permutation[i]`, the batch left out. */
export const transposedLayout = (layout: Layout, permutation: readonly number[]): Layout => ({
  ...layout,
  order: permutation.map((axis) => layout.order[axis]),
});

/** Whether the file's axes are ours. */
export const isOwnOrder = ({ order }: Layout): boolean => order.every((axis, i) => axis === i);

/** Whether the values themselves stand in our order: axes of size 1 may lie anywhere. */
export function keepsOrder({ order, shape }: Layout): boolean {
  const long = order.filter((axis) => shape[axis] !== 1);
  return long.every((axis, i) => i === 0 || axis > long[i - 1]);
}

export const sameLayout = (a: Layout, b: Layout): boolean =>
  a.isFlat === b.isFlat &&
  a.order.join() === b.order.join() &&
  (a.isFlat ? sizeOf(a.shape) === sizeOf(b.shape) : a.shape.join() === b.shape.join());

/** Where each of the file's features stands among ours; undefined if they stand in our order. */
export function featurePlaces(layout: Layout): Int32Array | undefined {
  if (keepsOrder(layout)) return undefined;
  const { shape, order } = layout;
  const steps = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const axes = order.map((axis) => ({ size: shape[axis], step: steps[axis] })).reverse();
  return Int32Array.from({ length: sizeOf(shape) }, (_, index) => {
    let [rest, place] = [index, 0];
    for (const { size, step } of axes) {
      place += (rest % size) * step;
      rest = Math.floor(rest / size);
    }
    return place;
  });
}

/** A linear layer's `[out, in]` weights for the file's order of features as weights for ours. */
export function weightsInOurOrder(weights: Tensor, layout: Layout): Tensor {
  const [outputs, features] = weights.shape;
  const places = layout.isFlat && features === sizeOf(layout.shape) ? featurePlaces(layout) : undefined;
  if (!places) return weights;
  const ordered = zeros(weights.shape);
  for (let out = 0; out < outputs; out++) {
    places.forEach((place, i) => {
      ordered.data[out * features + place] = weights.data[out * features + i];
    });
  }
  return ordered;
}

/** Values of the file's features, or channels, in our order. */
export function featuresInOurOrder(values: Float64Array, layout: Layout): Float64Array {
  const places = layout.isFlat && values.length === sizeOf(layout.shape) ? featurePlaces(layout) : undefined;
  if (!places) return values;
  const ordered = new Float64Array(values.length);
  places.forEach((place, i) => (ordered[place] = values[i]));
  return ordered;
}
