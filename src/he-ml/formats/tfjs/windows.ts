import * as z from "zod";
import { InputError } from "../../errors.js";
import { averagePoolLayer } from "../../model/average-pool.js";
import { convolutionalLayer } from "../../model/convolutional.js";
import type { Padding, Pair } from "../../model/layer.js";
import { maxPoolLayer } from "../../model/max-pool.js";
import type { NetworkLayer } from "../../model/model.js";
import { formatShape, type Tensor } from "../../tensor/tensor.js";
import { transpose } from "../../tensor/transpose.js";
import { fileShape, isChannelsLast } from "../layout.js";
import { samePadding } from "../same-padding.js";
import {
  anything,
  channelsLastOnly,
  configOf,
  describe,
  sizesOf,
  type Context,
  type Dimensions,
} from "./config.js";
import { requiredBias, requireSame } from "./weights-of-layer.js";

type Converter = (context: Context) => NetworkLayer;

interface Window {
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
}

const convolutionFields = (dimensions: Dimensions) => ({
  filters: z.int().positive().optional(),
  kernel_size: sizesOf(dimensions).optional(),
  strides: sizesOf(dimensions).default([1, 1]),
  padding: z.enum(dimensions === 1 ? ["valid", "same", "causal"] : ["valid", "same"]).default("valid"),
  dilation_rate: sizesOf(dimensions).default([1, 1]),
  data_format: channelsLastOnly,
  groups: z.int().positive().default(1),
  use_bias: z.boolean().default(true),
  activation: anything,
});

/** @throws InputError unless the layer's input are images of so many dimensions, with the channels last */
function requireImages(context: Context, dimensions: Dimensions): void {
  const { layout } = context;
  if (!layout.isFlat && layout.order.length === dimensions + 1 && isChannelsLast(layout)) return;
  throw new InputError(
    `${describe(context)}: expected images [${dimensions === 1 ? "length" : "height, width"}, channels], got ` +
      `${formatShape(fileShape(layout))}; such a layer comes before Flatten`,
  );
}

function paddingFor(context: Context, padding: string, window: Window): Padding {
  const none = { top: 0, bottom: 0, left: 0, right: 0 };
  if (padding === "valid") return none;
  const { kernelSize, dilation } = window;
  if (padding === "causal") return { ...none, left: dilation[1] * (kernelSize[1] - 1) };
  const [, height, width] = context.layout.shape;
  return samePadding(window, [height, width]);
}

/** @param weights `[out, in / groups, height, width]` */
function convolution(
  context: Context,
  dimensions: Dimensions,
  weights: Tensor,
  { strides, padding, dilation_rate, use_bias, kernel_size, groups }: ConvolutionConfig,
): NetworkLayer {
  requireImages(context, dimensions);
  const [outputs, , height, width] = weights.shape;
  const kernelSize: Pair = [height, width];
  const described = kernel_size && formatShape(kernel_size);
  requireSame(context, "kernel_size", described, formatShape(kernelSize));
  const window = { kernelSize, stride: strides, dilation: dilation_rate };
  return convolutionalLayer({
    name: context.name,
    weights,
    bias: requiredBias(context, use_bias, outputs),
    stride: strides,
    dilation: dilation_rate,
    groups,
    padding: paddingFor(context, padding, window),
  });
}

type ConvolutionConfig = z.output<z.ZodObject<ReturnType<typeof convolutionFields>>>;

/** TensorFlow's filters are `[height, width, in / groups, out]`, or without the height. */
const conv =
  (dimensions: Dimensions): Converter =>
  (context) => {
    const config = configOf(context, convolutionFields(dimensions));
    const { shape, data } = context.weights.required(context.name, "kernel", dimensions + 2);
    const kernel = { shape: dimensions === 1 ? [1, ...shape] : shape, data };
    requireSame(context, "filters", config.filters, kernel.shape[3]);
    return convolution(context, dimensions, transpose(kernel, [3, 2, 0, 1]), config);
  };

/** Here they are `[height, width, channels, filters of each]`. */
const depthwiseConv2D: Converter = (context) => {
  const { depth_multiplier, ...config } = configOf(context, {
    ...convolutionFields(2),
    groups: z.literal(1).default(1),
    depth_multiplier: z.int().positive().optional(),
  });
  const kernel = context.weights.required(context.name, "depthwise_kernel", 4);
  const [height, width, channels, each] = kernel.shape;
  requireSame(context, "depth_multiplier", depth_multiplier, each);
  const { data } = transpose(kernel, [2, 3, 0, 1]);
  const weights = { shape: [channels * each, 1, height, width], data };
  return convolution(context, 2, weights, { ...config, groups: channels });
};

function poolWindow(context: Context, dimensions: Dimensions) {
  requireImages(context, dimensions);
  const sizes = sizesOf(dimensions);
  const {
    pool_size: kernelSize,
    strides,
    padding,
  } = configOf(context, {
    pool_size: sizes.default(dimensions === 1 ? [1, 2] : [2, 2]),
    strides: sizes.nullish(),
    padding: z.enum(["valid", "same"]).default("valid"),
    data_format: channelsLastOnly,
  });
  const stride = strides ?? kernelSize;
  return {
    kernelSize,
    stride,
    padding: paddingFor(context, padding, { kernelSize, stride, dilation: [1, 1] }),
  };
}

/** TensorFlow's padding never counts in a mean. */
const averagePooling =
  (dimensions: Dimensions): Converter =>
  (context) =>
    averagePoolLayer({ name: context.name, ...poolWindow(context, dimensions), countIncludePad: false });

const maxPooling =
  (dimensions: Dimensions): Converter =>
  (context) =>
    maxPoolLayer({ name: context.name, ...poolWindow(context, dimensions) });

const globalAveragePooling =
  (dimensions: Dimensions): Converter =>
  (context) => {
    requireImages(context, dimensions);
    configOf(context, { data_format: channelsLastOnly, keepdims: z.boolean().nullish() });
    const [, height, width] = context.layout.shape;
    return averagePoolLayer({ name: context.name, kernelSize: [height, width] });
  };

/** Layers that slide a window over images. */
export const windowClasses: readonly (readonly [string, Converter])[] = [
  ["Conv1D", conv(1)],
  ["Conv2D", conv(2)],
  ["DepthwiseConv2D", depthwiseConv2D],
  ["AveragePooling1D", averagePooling(1)],
  ["AveragePooling2D", averagePooling(2)],
  ["MaxPooling1D", maxPooling(1)],
  ["MaxPooling2D", maxPooling(2)],
  ["GlobalAveragePooling1D", globalAveragePooling(1)],
  ["GlobalAveragePooling2D", globalAveragePooling(2)],
];
