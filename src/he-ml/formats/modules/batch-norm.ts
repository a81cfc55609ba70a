import { InputError } from "../../errors.js";
import {
  canFoldBefore,
  channelMapLayer,
  foldedBefore,
  foldedBehind,
  type ChannelMap,
} from "../../model/channel-map.js";
import { identityLayer } from "../../model/identity.js";
import { requireImageShape } from "../../model/layer.js";
import { definitionOf, type NetworkLayer, type WeightedLayer } from "../../model/layers.js";
import { isWeighted } from "../../model/model.js";
import type { Shape } from "../../tensor/tensor.js";
import type { ModuleOf } from "../description.js";
import { describeModule, type Weights } from "./weights.js";

/** A batch norm of a trained network: each channel times a number, plus a number. */
export interface Affine {
  readonly kind: "affine";
  readonly name: string;
  /** Whether it takes images, not features. */
  readonly isForImages: boolean;
  readonly map: ChannelMap;
}

/** @throws InputError if it normalises by the statistics of each batch, which a server cannot see */
export function readBatchNorm(module: ModuleOf<"BatchNorm1d" | "BatchNorm2d">, weights: Weights): Affine {
  if (!module.track_running_stats) {
    throw new InputError(
      `${describeModule(module)}: it has no running statistics, and would normalise by those of each batch, which ` +
        `cannot be seen under encryption; train it with track_running_stats=True`,
    );
  }
  const mean = weights.required(
    module,
    "running_mean",
    module.num_features ? [module.num_features] : undefined,
  );
  const { shape } = mean;
  const variance = weights.required(module, "running_var", shape);
  const learned = (part: "weight" | "bias") => {
    if (module.affine === false) return undefined;
    return module.affine ? weights.required(module, part, shape) : weights.optional(module, part, shape);
  };
  const [weight, bias] = [learned("weight"), learned("bias")];
  return {
    kind: "affine",
    name: module.name,
    isForImages: module.type === "BatchNorm2d",
    map: normalisation({
      mean: mean.data,
      variance: variance.data,
      weight: weight?.data,
      bias: bias?.data,
      epsilon: module.eps,
    }),
  };
}

/** What a batch norm has learned, a number for each channel. */
export interface Statistics {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  /** 1 if left out. */
  readonly weight?: Float64Array;
  /** 0 if left out. */
  readonly bias?: Float64Array;
  readonly epsilon: number;
}

/** (x − mean) / √(variance + epsilon) · weight + bias, as a map of channels. */
export function normalisation({ mean, variance, weight, bias, epsilon }: Statistics): ChannelMap {
  const gains = variance.map((v, i) => (weight?.[i] ?? 1) / Math.sqrt(v + epsilon));
  return { gains, offsets: mean.map((m, i) => (bias?.[i] ?? 0) - m * gains[i]) };
}

/**
 * Folds each batch norm into the convolution or linear layer before it, else into the one behind it. What was folded
 * leaves an identity in its place; what cannot be folded stays.
 */
export function foldBatchNorms<L extends { readonly kind: string; readonly name: string }>(
  layers: readonly (L | NetworkLayer | Affine)[],
): (L | NetworkLayer | Affine)[] {
  const folded = [...layers];
  const weightedFrom = (index: number, step: 1 | -1) => {
    do index += step;
    while (folded[index]?.kind === "identity");
    const layer = folded[index];
    return layer && isWeighted(layer) ? { index, layer } : undefined;
  };
  layers.forEach((layer, index) => {
    if (!isAffine(layer)) return;
    const before = weightedFrom(index, -1);
    const behind = weightedFrom(index, 1);
    const { map } = layer;
    if (before) {
      requireChannels(layer, channelsOf(before.layer).outputs);
      folded[before.index] = foldedBehind(before.layer, map);
    } else if (behind && canFoldBefore(behind.layer, map)) {
      requireChannels(layer, channelsOf(behind.layer).inputs);
      folded[behind.index] = foldedBefore(map, behind.layer);
    } else return;
    folded[index] = identityLayer({ name: layer.name });
  });
  return folded;
}

const isAffine = (layer: { readonly kind: string }): layer is Affine => layer.kind === "affine";
const channelsOf = (layer: WeightedLayer) => definitionOf(layer).weightChannels(layer);

/** A batch norm without a neighbour to fold it into: a convolution of each pixel, or a diagonal matrix. */
export function affineLayer(affine: Affine, inputShape: Shape): NetworkLayer {
  const { name, isForImages, map } = affine;
  if (isForImages) requireImageShape({ kind: "batch norm", name }, inputShape);
  requireChannels(affine, inputShape[0]);
  return channelMapLayer(describe(affine), name, map, inputShape);
}

const describe = ({ name }: Affine) => `batch norm ${JSON.stringify(name)}`;

function requireChannels(affine: Affine, channels: number): void {
  const { length } = affine.map.gains;
  if (length === channels) return;
  throw new InputError(`${describe(affine)}: it normalises ${length} channels, expected ${channels}`);
}
