import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { averagePoolLayer } from "../../model/average-pool.js";
import { flattenLayer } from "../../model/flatten.js";
import { requireImageShape, type Padding, type Pair } from "../../model/layer.js";
import { maxPoolLayer } from "../../model/max-pool.js";
import { paddingLayer } from "../../model/padding.js";
import type { SlidingWindow } from "../../model/sliding-window.js";
import { intOf, intsOf, textOf } from "./attributes.js";
import type { ImageValue } from "./chain.js";
import { numbersOf } from "./constant-folding.js";
import { optionalConstant, settledImage, settledInOrder, type Context, type Operator } from "./context.js";
import { describeNode } from "./graph.js";
import { moduleOf } from "./names.js";
import { paddingOf } from "./padding.js";
import { kernelOf, windowOf } from "./window.js";

/** @throws InputError if the last windows reach beyond the image, as `ceil_mode` lets them */
function requireFittingWindows(node: NodeProto, window: SlidingWindow, image: Pair): void {
  const { kernelSize, padding, stride, dilation } = window;
  const rest = [
    (image[0] + padding.top + padding.bottom - dilation[0] * (kernelSize[0] - 1) - 1) % stride[0],
    (image[1] + padding.left + padding.right - dilation[1] * (kernelSize[1] - 1) - 1) % stride[1],
  ];
  if (intOf(node, "ceil_mode", 0) !== 0 && rest.some((pixels) => pixels !== 0)) {
    throw new InputError(
      `${describeNode(node)}: ceil_mode makes windows reach beyond the image; ` +
        `use ceil_mode 0, or pad the image so that the windows fit`,
    );
  }
}

export const averagePool: Operator = (context) => {
  const { node, chain } = context;
  const { poolPadding } = settledInOrder(context);
  return chain.append("pool", [node], (name, shape) => {
    const [, height, width] = requireImageShape({ kind: "averagePool", name }, shape);
    const window = windowOf(node, kernelOf(node), [height, width]);
    const padding = poolPadding ?? window.padding;
    requireFittingWindows(node, { ...window, padding }, [height, width]);
    const { kernelSize, stride, dilation } = window;
    if (dilation.some((step) => step !== 1)) {
      throw new InputError(`${describeNode(node)}: expected dilations 1, got ${dilation.join(", ")}`);
    }
    const countIncludePad = poolPadding !== undefined || intOf(node, "count_include_pad", 0) !== 0;
    return averagePoolLayer({ name, kernelSize, stride, padding, countIncludePad });
  });
};

export const maxPool: Operator = (context) => {
  const { node, chain } = context;
  settledInOrder(context);
  return chain.append("pool", [node], (name, shape) => {
    const [, height, width] = requireImageShape({ kind: "maxPool", name }, shape);
    const window = windowOf(node, kernelOf(node), [height, width]);
    requireFittingWindows(node, window, [height, width]);
    return maxPoolLayer({ name, ...window });
  });
};

function wholeImagePool({ chain, node }: Context): ImageValue {
  return chain.append("pool", [node], (name, shape) => {
    const [, height, width] = requireImageShape({ kind: "averagePool", name }, shape);
    return averagePoolLayer({ name, kernelSize: [height, width] });
  });
}

export const globalAveragePool: Operator = (context) => {
  settledInOrder(context);
  return wholeImagePool(context);
};

/** The mean over height and width; without `keepdims` the image becomes a row of features. */
export const mean: Operator = (context) => {
  const { node, chain } = context;
  const { layout } = settledImage(context);
  const axes = numbersOf(node, [undefined, optionalConstant(context, 1)], 1, "axes") ?? [];
  const rank = layout.order.length + 1;
  const means = axes.map((axis) => layout.order[(axis < 0 ? axis + rank : axis) - 1]).sort();
  if (layout.isFlat || rank !== 4 || means.join() !== "1,2") {
    throw new InputError(
      `${describeNode(node)}: expected a mean over height and width of images, got axes [${axes.join(", ")}]`,
    );
  }
  const pooled = wholeImagePool(context);
  if (intOf(node, "keepdims", 1) !== 0)
    return { ...pooled, layout: { ...pooled.layout, order: layout.order } };
  return chain.append("flatten", [], (name) => flattenLayer({ name }));
};

/**
 * PyTorch's exporter writes one average pooling as `Pad` and `AveragePool`, even where it pads nothing.
 *
 * @returns the padding that is the pooling's own
 */
function poolPaddingOf({ node, next }: Context, padding: Padding): Padding | undefined {
  const pad = moduleOf(node);
  if (pad === undefined || next?.opType !== "AveragePool" || pad !== moduleOf(next)) return undefined;
  if (next.input[0] !== node.output[0]) return undefined;
  const [height, width] = intsOf(next, "kernel_shape") ?? [0, 0];
  const isWithinHalf =
    Math.max(padding.top, padding.bottom) <= height / 2 && Math.max(padding.left, padding.right) <= width / 2;
  const padsItself =
    textOf(next, "auto_pad", "NOTSET") !== "NOTSET" || intsOf(next, "pads")?.some((p) => p !== 0);
  return isWithinHalf && !padsItself ? padding : undefined;
}

export const pad: Operator = (context) => {
  const { node, chain } = context;
  const value = settledImage(context);
  const padding = paddingOf(context, value.layout);
  const poolPadding = poolPaddingOf(context, padding);
  if (poolPadding) return { ...value, poolPadding };
  const padded = chain.append("pad", [node], (name) => paddingLayer({ name, padding }));
  return { ...padded, layout: { ...padded.layout, order: value.layout.order } };
};
