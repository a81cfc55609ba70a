import { InputError } from "../errors.js";
import { formatShape, type Shape, type Tensor } from "../tensor/tensor.js";

/** What every layer description carries. Descriptions are plain, immutable data. */
export interface LayerBase {
  /** Names the kind of layer, and with it the functions that know about it. */
  readonly kind: string;
  /** The name by which messages, traces and figures call this layer; unique in its model. */
  readonly name: string;
}

/** What the library knows about one kind of layer in the clear. Shapes are of one image, without the batch axis. */
export interface PlainLayer<L extends LayerBase> {
  /** @throws InputError if the layer cannot take such an input. */
  outputShape(layer: L, inputShape: Shape): Shape;
  /** Applies the layer to a batch: `[n, …inputShape]` → `[n, …outputShape]`. */
  forward(layer: L, batch: Tensor): Tensor;
}

/** Height and width. */
export type Pair = readonly [height: number, width: number];

/** Rows and columns added around an image. */
export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** PyTorch's habit: one number for both axes, a pair for height and width; or each side by itself. */
export type PaddingOption = number | Pair | Padding;

/** @throws InputError unless the value is a whole number, or two, of at least `minimum`. */
export function toPair(what: string, value: number | Pair, minimum: number): Pair {
  const pair: Pair = typeof value === "number" ? [value, value] : [value[0], value[1]];
  if (!pair.every((size) => Number.isInteger(size) && size >= minimum)) {
    throw new InputError(
      `${what}: expected a whole number or two of at least ${minimum}, got ${String(value)}`,
    );
  }
  return pair;
}

/** @throws InputError unless every side is a whole number of at least 0. */
export function toPadding(what: string, value: PaddingOption): Padding {
  if (typeof value === "object" && "top" in value) {
    const { top, bottom, left, right } = value;
    toPair(what, [top, bottom], 0);
    toPair(what, [left, right], 0);
    return { top, bottom, left, right };
  }
  const [height, width] = toPair(what, value, 0);
  return { top: height, bottom: height, left: width, right: width };
}

/** @throws InputError unless the shape is that of an image, `[channels, height, width]`. */
export function requireImageShape(layer: LayerBase, shape: Shape): readonly [number, number, number] {
  if (shape.length !== 3) {
    throw new InputError(
      `${describeLayer(layer)}: expected an image [channels, height, width], got ${formatShape(shape)}; ` +
        `such a layer comes before flatten`,
    );
  }
  return [shape[0], shape[1], shape[2]];
}

/** A layer as messages name it: its kind and its name. */
export function describeLayer(layer: LayerBase): string {
  return `${layer.kind} "${layer.name}"`;
}
