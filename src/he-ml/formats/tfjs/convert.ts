import * as z from "zod";
import { InputError } from "../../errors.js";
import { activationLayer, type ActivationFunction } from "../../model/activation.js";
import { averagePoolLayer } from "../../model/average-pool.js";
import { convolutionalLayer } from "../../model/convolutional.js";
import { flattenLayer } from "../../model/flatten.js";
import { identityLayer } from "../../model/identity.js";
import { requireImageShape, type Padding, type Pair } from "../../model/layer.js";
import { linearLayer } from "../../model/linear.js";
import { maxPoolLayer } from "../../model/max-pool.js";
import type { NetworkLayer } from "../../model/model.js";
import { paddingLayer } from "../../model/padding.js";
import { squareLayer } from "../../model/square.js";
import type { Tensor } from "../../tensor/tensor.js";
import { transpose } from "../../tensor/transpose.js";
import { featuresInOurOrder, weightsInOurOrder, type Layout } from "../layout.js";
import { normalisation, type Affine } from "../modules/batch-norm.js";
import { samePadding } from "../same-padding.js";
import { check, type KerasLayer } from "./topology.js";
import type { KerasWeights } from "./weights.js";

/** What a converter knows of the layer that it reads. */
export interface Context extends KerasLayer {
  readonly weights: KerasWeights;
  /** Of the layer's input. */
  readonly layout: Layout;
}

type Converter = (context: Context) => NetworkLayer | Affine;

const size = z.int().positive();
const pair = z.union([
  size.transform((side): Pair => [side, side]),
  z.tuple([size]).transform(([side]): Pair => [side, side]),
  z.tuple([size, size]),
]);
const channelsLast = z.literal("channels_last").default("channels_last");
const slidingPadding = z.enum(["valid", "same"]).default("valid");

const describe = ({ className, name }: KerasLayer) => `${className} ${JSON.stringify(name)}`;

function configOf<T>(context: Context, schema: z.ZodType<T>): T {
  return check(describe(context), schema, context.config);
}

const convolutionConfig = z.object({
  strides: pair.default([1, 1]),
  padding: slidingPadding,
  dilation_rate: pair.default([1, 1]),
  data_format: channelsLast,
  groups: size.default(1),
  use_bias: z.boolean().default(true),
});

function paddingFor(
  context: Context,
  padding: "valid" | "same",
  window: { kernelSize: Pair; stride: Pair; dilation: Pair },
): Padding {
  if (padding === "valid") return { top: 0, bottom: 0, left: 0, right: 0 };
  const { name, className, layout } = context;
  const [, height, width] = requireImageShape({ kind: className, name }, layout.shape);
  return samePadding(window, [height, width]);
}

/** @param weights `[out, in / groups, height, width]` */
function convolution(context: Context, weights: Tensor, groups: number): NetworkLayer {
  const { name } = context;
  const {
    strides: stride,
    dilation_rate: dilation,
    padding,
    use_bias,
  } = configOf(context, convolutionConfig);
  const [outputs, , height, width] = weights.shape;
  const window = { kernelSize: [height, width] as const, stride, dilation };
  const bias = use_bias ? context.weights.optional(name, "bias", [outputs]) : undefined;
  return convolutionalLayer({
    name,
    weights,
    bias: requiredBias(context, use_bias, bias),
    stride,
    dilation,
    groups,
    padding: paddingFor(context, padding, window),
  });
}

function requiredBias(context: Context, isUsed: boolean, bias: Tensor | undefined): Tensor | undefined {
  if (isUsed && !bias)
    throw new InputError(`${describe(context)}: expected a bias among the weights, got none`);
  return bias;
}

/** TensorFlow's filters are `[height, width, in / groups, out]`. */
const conv2D: Converter = (context) => {
  const kernel = context.weights.required(context.name, "kernel", 4);
  return convolution(context, transpose(kernel, [3, 2, 0, 1]), configOf(context, convolutionConfig).groups);
};

/** Here they are `[height, width, channels, filters of each]`. */
const depthwiseConv2D: Converter = (context) => {
  const kernel = context.weights.required(context.name, "depthwise_kernel", 4);
  const [height, width, channels, each] = kernel.shape;
  const { data } = transpose(kernel, [2, 3, 0, 1]);
  return convolution(context, { shape: [channels * each, 1, height, width], data }, channels);
};

const dense: Converter = (context) => {
  const { name, weights, layout } = context;
  const { use_bias } = configOf(context, z.object({ use_bias: z.boolean().default(true) }));
  const kernel = transpose(weights.required(name, "kernel", 2), [1, 0]);
  const bias = use_bias ? weights.optional(name, "bias", [kernel.shape[0]]) : undefined;
  return linearLayer({
    name,
    weights: weightsInOurOrder(kernel, layout),
    bias: requiredBias(context, use_bias, bias),
  });
};

const batchNormConfig = z.object({
  axis: z.union([z.int(), z.tuple([z.int()]).transform(([axis]) => axis)]).default(-1),
  epsilon: z.number().min(0).default(1e-3),
});

const batchNormalization: Converter = (context) => {
  const { name, weights, layout } = context;
  const { axis, epsilon } = configOf(context, batchNormConfig);
  const isForImages = !layout.isFlat && layout.shape.length === 3;
  const last = isForImages ? 3 : 1;
  if (axis !== -1 && axis !== last) {
    throw new InputError(
      `${describe(context)}: expected axis ${last}, that of the channels or features, got ${axis}`,
    );
  }
  const mean = weights.required(name, "moving_mean", 1);
  const { shape } = mean;
  const variance = weights.required(name, "moving_variance", 1);
  const [gamma, beta] = ["gamma", "beta"].map((weight) => weights.optional(name, weight, shape));
  const { gains, offsets } = normalisation({
    mean: mean.data,
    variance: variance.data,
    weight: gamma?.data,
    bias: beta?.data,
    epsilon,
  });
  const map = { gains: featuresInOurOrder(gains, layout), offsets: featuresInOurOrder(offsets, layout) };
  return { kind: "affine", name, isForImages, map };
};

const poolConfig = z.object({
  pool_size: pair.default([2, 2]),
  strides: pair.nullish(),
  padding: slidingPadding,
  data_format: channelsLast,
});

function poolWindow(context: Context) {
  const { pool_size: kernelSize, strides, padding } = configOf(context, poolConfig);
  const stride = strides ?? kernelSize;
  return {
    kernelSize,
    stride,
    padding: paddingFor(context, padding, { kernelSize, stride, dilation: [1, 1] }),
  };
}

/** TensorFlow's padding never counts in a mean. */
const averagePooling2D: Converter = (context) =>
  averagePoolLayer({ name: context.name, ...poolWindow(context), countIncludePad: false });

const maxPooling2D: Converter = (context) => maxPoolLayer({ name: context.name, ...poolWindow(context) });

const globalAveragePooling2D: Converter = (context) => {
  configOf(context, z.object({ data_format: channelsLast }));
  const { name, layout } = context;
  const [, height, width] = requireImageShape({ kind: "averagePool", name }, layout.shape);
  return averagePoolLayer({ name, kernelSize: [height, width] });
};

const side = z.int().min(0);
const zeroPaddingConfig = z.object({
  padding: z
    .union([
      side.transform((all) => [all, all, all, all]),
      z.tuple([side, side]).transform(([rows, columns]) => [rows, rows, columns, columns]),
      z
        .tuple([z.tuple([side, side]), z.tuple([side, side])])
        .transform(([rows, columns]) => [...rows, ...columns]),
    ])
    .default([1, 1, 1, 1]),
  data_format: channelsLast,
});

const zeroPadding2D: Converter = (context) => {
  const [top, bottom, left, right] = configOf(context, zeroPaddingConfig).padding;
  return paddingLayer({ name: context.name, padding: { top, bottom, left, right } });
};

const identity: Converter = ({ name }) => identityLayer({ name });
const square: Converter = ({ name }) => squareLayer({ name });
const activation =
  (f: ActivationFunction, alpha?: number): Converter =>
  ({ name }) =>
    activationLayer({ name, function: f, alpha });

const alphaOf = (context: Context, key: string, fallback: number) =>
  configOf(context, z.looseObject({ [key]: z.number().default(fallback) }))[key] as number;

const leakyReLU: Converter = (context) => {
  const key = "negative_slope" in context.config ? "negative_slope" : "alpha";
  return activationLayer({ name: context.name, function: "leakyRelu", alpha: alphaOf(context, key, 0.3) });
};

const reLUConfig = z.object({
  max_value: z.number().nullish(),
  negative_slope: z.number().nullish(),
  threshold: z.number().nullish(),
});

const reLU: Converter = (context) => {
  const { max_value, negative_slope, threshold } = configOf(context, reLUConfig);
  const isPlain = !negative_slope && !threshold;
  if (isPlain && (max_value ?? 6) === 6)
    return activationLayer({ name: context.name, function: max_value ? "relu6" : "relu" });
  throw new InputError(
    `${describe(context)}: expected a max_value of none or 6, no slope and no threshold; use a square`,
  );
};

const classes: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ["Conv2D", conv2D],
  ["DepthwiseConv2D", depthwiseConv2D],
  ["Dense", dense],
  ["BatchNormalization", batchNormalization],
  ["AveragePooling2D", averagePooling2D],
  ["GlobalAveragePooling2D", globalAveragePooling2D],
  ["MaxPooling2D", maxPooling2D],
  ["ZeroPadding2D", zeroPadding2D],
  ["Flatten", ({ name }) => flattenLayer({ name })],
  ["Dropout", identity],
  ["SpatialDropout2D", identity],
  ["AlphaDropout", identity],
  ["GaussianDropout", identity],
  ["GaussianNoise", identity],
  ["ReLU", reLU],
  ["LeakyReLU", leakyReLU],
  [
    "ELU",
    (context) =>
      activationLayer({ name: context.name, function: "elu", alpha: alphaOf(context, "alpha", 1) }),
  ],
]);

const activations: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ["linear", identity],
  ["square", square],
  ["relu", activation("relu")],
  ["relu6", activation("relu6")],
  ["elu", activation("elu")],
  ["selu", activation("selu")],
  ["silu", activation("silu")],
  ["swish", activation("silu")],
  ["sigmoid", activation("sigmoid")],
  ["tanh", activation("tanh")],
  ["softplus", activation("softplus")],
]);

/** A class of the user's own that is called so computes x². */
const isSquare = (className: string) => /^square(layer|activation)?$/i.test(className);

/** What reads such a layer; undefined if it can neither be encrypted nor run. */
export function converterOf({ className, config }: KerasLayer): Converter | undefined {
  if (className === "Activation") return activations.get(String(config.activation));
  return isSquare(className) ? square : classes.get(className);
}
