import * as z from "zod";
import { InputError } from "../../errors.js";
import { flattenLayer } from "../../model/flatten.js";
import { identityLayer } from "../../model/identity.js";
import { linearLayer } from "../../model/linear.js";
import type { NetworkLayer } from "../../model/model.js";
import { paddingLayer } from "../../model/padding.js";
import { unflattenLayer } from "../../model/unflatten.js";
import { formatShape, sizeOf } from "../../tensor/tensor.js";
import { transpose } from "../../tensor/transpose.js";
import { featuresInOurOrder, fileShape, isChannelsLast, keepsOrder, weightsInOurOrder } from "../layout.js";
import { normalisation, type Affine } from "../modules/batch-norm.js";
import { activationConverterOf } from "./activation-layers.js";
import { anything, channelsLastOnly, configOf, describe, type Context } from "./config.js";
import type { KerasLayer } from "./parts.js";
import { requiredBias, requireSame } from "./weights-of-layer.js";
import { windowClasses } from "./windows.js";

/** What a layer becomes: an affine map of channels is folded into a neighbour, or a layer of its own. */
export type Draft = NetworkLayer | Affine;

type Converter = (context: Context) => Draft;

const dense: Converter = (context) => {
  const { name, weights, layout } = context;
  const { use_bias, units } = configOf(context, {
    use_bias: z.boolean().default(true),
    units: z.int().positive().optional(),
    activation: anything,
  });
  const kernel = transpose(weights.required(name, "kernel", 2), [1, 0]);
  requireSame(context, "units", units, kernel.shape[0]);
  return linearLayer({
    name,
    weights: weightsInOurOrder(kernel, layout),
    bias: requiredBias(context, use_bias, kernel.shape[0]),
  });
};

/** Whether a layer's input are images; the others are features. */
const takesImages = ({ layout }: Context) => !layout.isFlat && layout.shape.length === 3;

/** How many numbers an affine map of a layer's input has. */
const channelsOf = (context: Context) =>
  takesImages(context) ? context.layout.shape[0] : sizeOf(context.layout.shape);

const batchNormalization: Converter = (context) => {
  const { name, weights, layout } = context;
  const { axis, epsilon, center, scale } = configOf(context, {
    axis: z.union([z.int(), z.tuple([z.int()]).transform(([only]) => only)]).default(-1),
    epsilon: z.number().min(0).default(1e-3),
    center: z.boolean().default(true),
    scale: z.boolean().default(true),
    momentum: anything,
    fused: anything,
    synchronized: anything,
    renorm: z.literal(false).nullish(),
    virtual_batch_size: z.null().optional(),
  });
  const last = fileShape(layout).length;
  if ((axis !== -1 && axis !== last) || (takesImages(context) && !isChannelsLast(layout))) {
    throw new InputError(
      `${describe(context)}: expected axis ${last}, that of the channels or features, got ${axis}`,
    );
  }
  const mean = weights.required(name, "moving_mean", 1);
  const { shape } = mean;
  requireSame(context, "input's last axis", channelsOf(context), shape[0]);
  const variance = weights.required(name, "moving_variance", 1, shape);
  const gamma = scale ? weights.required(name, "gamma", 1, shape) : undefined;
  const beta = center ? weights.required(name, "beta", 1, shape) : undefined;
  const { gains, offsets } = normalisation({
    mean: mean.data,
    variance: variance.data,
    weight: gamma?.data,
    bias: beta?.data,
    epsilon,
  });
  const map = { gains: featuresInOurOrder(gains, layout), offsets: featuresInOurOrder(offsets, layout) };
  return { kind: "affine", name, isForImages: takesImages(context), map };
};

const numbers = z.union([z.number(), z.array(z.number()).min(1)]);

/** scale · x + offset, of all values or of each channel. */
const rescaling: Converter = (context) => {
  const { name, layout } = context;
  const { scale, offset } = configOf(context, { scale: numbers, offset: numbers.default(0) });
  const channels = channelsOf(context);
  const spread = (field: string, given: number | readonly number[]) => {
    if (typeof given === "number") return new Float64Array(channels).fill(given);
    const isPlain = takesImages(context) ? isChannelsLast(layout) : !layout.isFlat;
    if (given.length === channels && isPlain) return Float64Array.from(given);
    throw new InputError(
      `${describe(context)}: expected one ${field} or ${channels}, one for each channel, got ${given.length}`,
    );
  };
  const map = { gains: spread("scale", scale), offsets: spread("offset", offset) };
  return { kind: "affine", name, isForImages: takesImages(context), map };
};

const side = z.int().min(0);

const zeroPadding2D: Converter = (context) => {
  const { padding } = configOf(context, {
    padding: z
      .union([
        side.transform((all) => [all, all, all, all]),
        z.tuple([side, side]).transform(([rows, columns]) => [rows, rows, columns, columns]),
        z
          .tuple([z.tuple([side, side]), z.tuple([side, side])])
          .transform(([rows, columns]) => [...rows, ...columns]),
      ])
      .default([1, 1, 1, 1]),
    data_format: channelsLastOnly,
  });
  const [top, bottom, left, right] = padding;
  return paddingLayer({ name: context.name, padding: { top, bottom, left, right } });
};

/** With channels_first it moves the second axis behind the others before it flattens; see `layoutBehind`. */
const flatten: Converter = (context) => {
  configOf(context, { data_format: z.string().nullish() });
  return flattenLayer({ name: context.name });
};

/** Features, or an image without channels, made an image of one channel; or any image made features. */
const reshape: Converter = (context) => {
  const { name, layout } = context;
  const { target_shape } = configOf(context, { target_shape: z.array(z.int()).min(1).max(3) });
  const known = target_shape.filter((size) => size !== -1);
  const open = sizeOf(layout.shape) / sizeOf(known);
  const target = target_shape.map((size) => (size === -1 ? open : size));
  const isPossible = known.length >= target.length - 1 && sizeOf(target) === sizeOf(layout.shape);
  if (isPossible && target.length === 1) return flattenLayer({ name });
  if (isPossible && target.at(-1) === 1 && keepsOrder(layout)) {
    return unflattenLayer({
      name,
      shape: target.length === 2 ? [1, 1, target[0]] : [1, target[0], target[1]],
    });
  }
  throw new InputError(
    `${describe(context)}: expected ${formatShape(fileShape(layout))} to become features, or an image of one channel ` +
      `[height, width, 1], got [${target_shape.join(", ")}]; let the network take images of this shape`,
  );
};

/** Nothing happens in it but in training. */
const identity: Converter = (context) => {
  const unread = ["rate", "seed", "noise_shape", "stddev", "data_format", "l1", "l2"];
  configOf(context, Object.fromEntries(unread.map((field) => [field, anything])));
  return identityLayer({ name: context.name });
};

const classes: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ...windowClasses,
  ["Dense", dense],
  ["BatchNormalization", batchNormalization],
  ["Rescaling", rescaling],
  ["ZeroPadding2D", zeroPadding2D],
  ["Flatten", flatten],
  ["Reshape", reshape],
  ["Dropout", identity],
  ["SpatialDropout1D", identity],
  ["SpatialDropout2D", identity],
  ["AlphaDropout", identity],
  ["GaussianDropout", identity],
  ["GaussianNoise", identity],
  ["ActivityRegularization", identity],
]);

/** What reads such a layer; undefined if it can neither be encrypted nor run. */
export const converterOf = (layer: KerasLayer): Converter | undefined =>
  activationConverterOf(layer) ?? classes.get(layer.className);
