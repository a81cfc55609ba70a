import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { averagePoolLayer } from "../../model/average-pool.js";
import { flattenLayer } from "../../model/flatten.js";
import type { Padding, Pair } from "../../model/layer.js";
import { maxPoolLayer } from "../../model/max-pool.js";
import { paddingLayer } from "../../model/padding.js";
import type { SlidingWindow } from "../../model/sliding-window.js";
import { intOf, intsOf, textOf } from "./attributes.js";
import type { ImageValue } from "./chain.js";
import {
  imageOf,
  optionalConstant,
  settledImage,
  type Context,
  type Operator,
  type OperatorEntry,
} from "./context.js";
import { describeNode } from "./describe-node.js";
import { numbersOf } from "./fold-inputs.js";
import { asGiven, settledAsImage, type ImageInput } from "./image-input.js";
import { appendSums, reduction } from "./linear-maps.js";
import { moduleOf } from "./names.js";
import { appendPadding, padRequestOf, zeroPaddingOf } from "./padding.js";
import { kernelOf, windowOf } from "./window.js";

/**
 * What is added at the end of an axis where `ceil_mode` lets the last window reach beyond the image; a window that would
 * begin behind the image and the padding before it is left out.
 *
 * @see https://onnx.ai/onnx/operators/onnx__AveragePool.html
 */
function endFor(
  size: number,
  before: number,
  after: number,
  span: number,
  step: number,
): { readonly end: number; readonly beyond: number } {
  let count = Math.ceil((size + before + after - span) / step) + 1;
  if ((count - 1) * step >= size + before) count--;
  const end = Math.max(0, (count - 1) * step + span - size - before);
  return { end, beyond: Math.max(0, end - after) };
}

/** The padding with what `ceil_mode` adds to it, and whether that is anything. */
function ceiled(node: NodeProto, window: SlidingWindow, [height, width]: Pair) {
  const { kernelSize, padding, stride, dilation } = window;
  if (intOf(node, "ceil_mode", 0) === 0) return { padding, isBeyond: false };
  const span = (axis: 0 | 1) => dilation[axis] * (kernelSize[axis] - 1) + 1;
  const rows = endFor(height, padding.top, padding.bottom, span(0), stride[0]);
  const columns = endFor(width, padding.left, padding.right, span(1), stride[1]);
  return {
    padding: { ...padding, bottom: rows.end, right: columns.end },
    isBeyond: rows.beyond + columns.beyond > 0,
  };
}

const averagePool: Operator = (context) => {
  const { node, chain } = context;
  const input = settledAsImage(context);
  const { poolPadding, image, dimensions } = input;
  const [, height, width] = image;
  const own = windowOf(node, kernelOf(node, dimensions), [height, width], dimensions);
  const given = { ...own, padding: poolPadding ?? own.padding };
  const { padding, isBeyond } = ceiled(node, given, [height, width]);
  const countIncludePad = poolPadding !== undefined || intOf(node, "count_include_pad", 0) !== 0;
  const { kernelSize, stride, dilation } = given;
  const isWithinHalf =
    Math.max(padding.top, padding.bottom) <= kernelSize[0] / 2 &&
    Math.max(padding.left, padding.right) <= kernelSize[1] / 2;
  const isUsual = dilation.every((step) => step === 1) && isWithinHalf && !(isBeyond && countIncludePad);
  const output = isUsual
    ? chain.append("pool", [node], (name) =>
        averagePoolLayer({ name, kernelSize, stride, padding, countIncludePad }),
      )
    : unusualPool(context, input, { ...given, padding }, countIncludePad ? given.padding : undefined);
  return asGiven(output, dimensions);
};

/**
 * An average pool that our layer cannot express, as sums of pixels.
 *
 * @param counted the padding whose zeros count in the mean
 */
function unusualPool(
  context: Context,
  input: ImageInput,
  { kernelSize, stride, padding, dilation }: SlidingWindow,
  counted?: Padding,
): ImageValue {
  const [channels, height, width] = input.image;
  const alongAxis = (axis: 0 | 1, size: number, before: number, after: number) => {
    const span = dilation[axis] * (kernelSize[axis] - 1) + 1;
    return Math.floor((size + before + after - span) / stride[axis]) + 1;
  };
  const rows = alongAxis(0, height, padding.top, padding.bottom);
  const columns = alongAxis(1, width, padding.left, padding.right);
  context.chain.spend(channels * Math.abs(rows * columns) * kernelSize[0] * kernelSize[1]);
  const { top, left } = padding;
  const { bottom, right } = counted ?? { bottom: 0, right: 0 };
  return appendSums(context, input, [channels, rows, columns], (output) => {
    const channel = Math.floor(output / (rows * columns));
    const firstRow = (Math.floor(output / columns) % rows) * stride[0] - top;
    const firstColumn = (output % columns) * stride[1] - left;
    const inputs: number[] = [];
    let count = 0;
    for (let i = 0; i < kernelSize[0]; i++) {
      for (let j = 0; j < kernelSize[1]; j++) {
        const [y, x] = [firstRow + i * dilation[0], firstColumn + j * dilation[1]];
        const isPixel = y >= 0 && y < height && x >= 0 && x < width;
        if (isPixel) inputs.push((channel * height + y) * width + x);
        if (isPixel || (counted && y < height + bottom && x < width + right)) count++;
      }
    }
    if (count === 0) {
      throw new InputError(
        `${describeNode(context.node)}: has windows that meet no pixel, got pads ${JSON.stringify(padding)}; ` +
          `pad by less than the kernel`,
      );
    }
    return { inputs, weight: () => 1 / count };
  });
}

const maxPool: Operator = (context) => {
  const { node, chain } = context;
  const { image, dimensions } = settledAsImage(context);
  const [, height, width] = image;
  const window = windowOf(node, kernelOf(node, dimensions), [height, width], dimensions);
  const { padding } = ceiled(node, window, [height, width]);
  const output = chain.append("pool", [node], (name) => maxPoolLayer({ name, ...window, padding }));
  return asGiven(output, dimensions);
};

const globalMaxPool: Operator = (context) => {
  const { image, dimensions } = settledAsImage(context);
  const [, height, width] = image;
  const output = context.chain.append("pool", [context.node], (name) =>
    maxPoolLayer({ name, kernelSize: [height, width] }),
  );
  return asGiven(output, dimensions);
};

function wholeImagePool(context: Context): ImageValue {
  const { image, dimensions } = settledAsImage(context);
  const [, height, width] = image;
  const output = context.chain.append("pool", [context.node], (name) =>
    averagePoolLayer({ name, kernelSize: [height, width] }),
  );
  return asGiven(output, dimensions);
}

const globalAveragePool: Operator = wholeImagePool;

/** The mean over height and width; without `keepdims` the image becomes a row of features. Other means are sums. */
const mean: Operator = (context) => {
  const { node, chain } = context;
  const { layout } = imageOf(context);
  const axes = numbersOf(node, [undefined, optionalConstant(context, 1)], 1, "axes") ?? [];
  const rank = layout.order.length + 1;
  const means = axes.map((axis) => layout.order[(axis < 0 ? axis + rank : axis) - 1]).sort();
  if (layout.isFlat || rank !== 4 || layout.shape.length !== 3 || means.join() !== "1,2") {
    return reduction(true)(context);
  }
  const { order } = settledImage(context).layout;
  const [, height, width] = layout.shape;
  const pooled = chain.append("pool", [node], (name) =>
    averagePoolLayer({ name, kernelSize: [height, width] }),
  );
  if (intOf(node, "keepdims", 1) !== 0) return { ...pooled, layout: { ...pooled.layout, order } };
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

const pad: Operator = (context) => {
  const { node, chain } = context;
  const value = settledImage(context);
  const request = padRequestOf(context, value.layout);
  const padding = zeroPaddingOf(request, value.layout);
  if (!padding) return appendPadding(context, value, request);
  const poolPadding = poolPaddingOf(context, padding);
  if (poolPadding) return { ...value, poolPadding };
  const padded = chain.append("pad", [node], (name) => paddingLayer({ name, padding }));
  return { ...padded, layout: { ...padded.layout, order: value.layout.order } };
};

const window = "auto_pad ceil_mode dilations kernel_shape pads strides";

/** What reads each node that pools or pads. */
export const poolingOperators: readonly OperatorEntry[] = [
  ["AveragePool", 1, `${window} count_include_pad`, averagePool],
  ["MaxPool", 1, `${window} storage_order`, maxPool],
  ["GlobalAveragePool", 1, "", globalAveragePool],
  ["GlobalMaxPool", 1, "", globalMaxPool],
  ["ReduceMean", 2, "axes keepdims noop_with_empty_axes", mean],
  ["ReduceSum", 2, "axes keepdims noop_with_empty_axes", reduction(false)],
  ["Pad", 4, "mode pads value", pad],
];
