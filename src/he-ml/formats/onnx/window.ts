import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { Padding, Pair } from "../../model/layer.js";
import type { SlidingWindow } from "../../model/sliding-window.js";
import { intsOf, textOf } from "./attributes.js";
import { samePadding } from "../same-padding.js";
import { describeNode } from "./graph.js";

function pairOf(node: NodeProto, name: string): Pair {
  const values = intsOf(node, name) ?? [1, 1];
  if (values.length !== 2 || values.some((value) => value < 1)) {
    throw new InputError(
      `${describeNode(node)}: expected ${name} for height and width, each at least 1, got [${values.join(", ")}]; ` +
        `only 2-d images are supported`,
    );
  }
  return [values[0], values[1]];
}

function explicitPads(node: NodeProto): Padding {
  const pads = intsOf(node, "pads") ?? [0, 0, 0, 0];
  if (pads.length !== 4) {
    throw new InputError(
      `${describeNode(node)}: expected pads [top, left, bottom, right], got [${pads.join(", ")}]; ` +
        `only 2-d images are supported`,
    );
  }
  const [top, left, bottom, right] = pads;
  return { top, left, bottom, right };
}

/**
 * How a `Conv` or `AveragePool` node slides its kernel over an image.
 *
 * @throws InputError if the node is not one for images, or pads in an unknown way.
 */
export function windowOf(node: NodeProto, kernelSize: Pair, imageSize: Pair): SlidingWindow {
  const stride = pairOf(node, "strides");
  const dilation = pairOf(node, "dilations");
  const autoPad = textOf(node, "auto_pad", "NOTSET");
  const window = { kernelSize, stride, dilation };
  switch (autoPad) {
    case "NOTSET":
      return { ...window, padding: explicitPads(node) };
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
export function kernelOf(node: NodeProto): Pair {
  if (!intsOf(node, "kernel_shape")) {
    throw new InputError(`${describeNode(node)}: expected a kernel_shape, got none; export the model again`);
  }
  return pairOf(node, "kernel_shape");
}
