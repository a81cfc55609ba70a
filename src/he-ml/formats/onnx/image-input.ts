import { InputError } from "../../errors.js";
import { formatShape, type Shape } from "../../tensor/tensor.js";
import { fileShape, oneRow } from "../layout.js";
import type { ImageValue } from "./chain.js";
import { imageOf, type Context } from "./context.js";
import { describeNode } from "./describe-node.js";
import { reshapedTo, settledInOrder } from "./linear-maps.js";
import type { Dimensions } from "./window.js";

/** An image that a convolution or a pooling reads, `[channels, height, width]` for us. */
export interface ImageInput extends ImageValue {
  readonly image: readonly [channels: number, height: number, width: number];
  readonly dimensions: Dimensions;
}

/**
 * The image of an operator to which the axes are channels and one or two more, with the channels first. One of one
 * dimension is one row high for us.
 *
 * @throws InputError if it has other axes
 */
export function settledAsImage(context: Context): ImageInput {
  const sizes = fileShape(imageOf(context).layout);
  if (sizes.length !== 2 && sizes.length !== 3) {
    throw new InputError(
      `${describeNode(context.node)}: expected images of channels and one or two more axes, got ${formatShape(sizes)}` +
        `${sizes.length === 1 ? "; such a layer comes before flatten" : "; only 1-d and 2-d images are supported"}`,
    );
  }
  const value = settledInOrder(context);
  if (sizes.length === 3) return { ...value, image: [sizes[0], sizes[1], sizes[2]], dimensions: 2 };
  const image = [sizes[0], 1, sizes[1]] as const;
  if (value.layout.shape.length === 3) return { ...value, image, dimensions: 1 };
  return { ...reshapedTo(context, image), layout: oneRow(sizes), image, dimensions: 1 };
}

/** What a layer gives of an image of one dimension has no height in the file. */
export function asGiven(value: ImageValue, dimensions: Dimensions): ImageValue {
  return dimensions === 1 ? { ...value, layout: { ...value.layout, order: [0, 2] } } : value;
}

/** Weights for images of one dimension are those of a kernel one row high. */
export function kernelShape([outputs, inputs, ...kernel]: Shape, dimensions: Dimensions): Shape {
  return dimensions === 1 ? [outputs, inputs, 1, ...kernel] : [outputs, inputs, ...kernel];
}
