import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { Padding, Pair } from "../../model/layer.js";
import type { SlidingWindow } from "../../model/sliding-window.js";
import { samePadding } from "../same-padding.js";
import { intsOf, textOf } from "./attributes.js";
import { describeNode } from "./describe-node.js";

/** Axes of images: height and width, or a length alone, which is the width of images one row high. */
export type Dimensions = 1 | 2;

function wrongDimensions(node: NodeProto, what: string, got: readonly number[]): InputError {
  return new InputError(
    `${describeNode(node)}: expected ${what}, got [${got.join(", ")}]; only 1-d and 2-d images are supported`,
  );
}

/** A number for each axis; an image of one dimension has 1 along its height. @throws InputError if one is below 1 */
export function pairOf(node: NodeProto, name: string, dimensions: Dimensions): Pair {
  const values = intsOf(node, name) ?? [1, 1].slice(0, dimensions);
  if (values.length !== dimensions || values.some((value) => value < 1)) {
    const axes = dimensions === 1 ? "the length" : "height and width, each";
    throw wrongDimensions(node, `${name} for ${axes} at least 1`, values);
  }
  return dimensions === 1 ? [1, values[0]] : [values[0], values[1]];
}

function explicitPads(node: NodeProto, dimensions: Dimensions): Padding {
  const pads = intsOf(node, "pads") ?? [0, 0, 0, 0].slice(0, 2 * dimensions);
  if (pads.length !== 2 * dimensions) {
    const sides = dimensions === 1 ? "[left, right]" : "[top, left, bottom, right]";
    throw wrongDimensions(node, `pads ${sides}`, pads);
  }
  if (pads.some((size) => size < 0)) throw wrongDimensions(node, "pads of at least 0", pads);
  const [top, left, bottom, right] = dimensions === 1 ? [0, pads[0], 0, pads[1]] : pads;
  return { top, left, bottom, right };
}

/**
 * How a `Conv` or `AveragePool` node slides its kernel over an image.
 *
 * @param autoPad how it pads, where not as the node says
 * @throws InputError if the node is not one for images of so many dimensions, or pads in an unknown way.
 */
export function windowOf(
  node: NodeProto,
  kernelSize: Pair,
  imageSize: Pair,
  dimensions: Dimensions,
  autoPad = textOf(node, "auto_pad", "NOTSET"),
): SlidingWindow {
  const stride = pairOf(node, "strides", dimensions);
  const dilation = pairOf(node, "dilations", dimensions);
  const window = { kernelSize, stride, dilation };
  switch (autoPad) {
    case "NOTSET":
      return { ...window, padding: explicitPads(node, dimensions) };
    case "VALID":
      return { ...window, padding: { top: 0, left: 0, bottom: 0, right: 0 } };
    case "SAME_UPPER":
    case "SAME_LOWER":
      return { ...window, padding: samePadding(window, imageSize, autoPad === "SAME_UPPER") };
    default:
      throw new InputError(
        `${describeNode(node)}: expected auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER, ` +
          `got ${JSON.stringify(autoPad)}`,
      );
  }
}

/** The kernel size that a pooling node must give. @throws InputError if it does not. */
export function kernelOf(node: NodeProto, dimensions: Dimensions): Pair {
  if (!intsOf(node, "kernel_shape")) {
    throw new InputError(`${describeNode(node)}: expected a kernel_shape, got none; export the model again`);
  }
  return pairOf(node, "kernel_shape", dimensions);
}
