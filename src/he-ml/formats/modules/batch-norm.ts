import { InputError } from "../../errors.js";
import { convolutionalLayer, type ConvolutionalLayer } from "../../model/convolutional.js";
import { identityLayer } from "../../model/identity.js";
import { requireImageShape } from "../../model/layer.js";
import { linearLayer, type LinearLayer } from "../../model/linear.js";
import type { NetworkLayer } from "../../model/model.js";
import { formatShape, zeros, type Shape, type Tensor } from "../../tensor/tensor.js";
import type { ModuleOf } from "../description.js";
import { describeModule, type Weights } from "./weights.js";

/** A batch norm of a trained network: each channel times a number, plus a number. */
export interface Affine {
  readonly kind: "affine";
  readonly name: string;
  /** Whether it takes images, not features. */
  readonly isForImages: boolean;
  readonly scale: Tensor;
  readonly shift: Tensor;
}

/** A diagonal matrix is stored with all its zeros. */
const mostFeatures = 2048;

type Weighted = ConvolutionalLayer | LinearLayer;

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
  const weight = weights.optional(module, "weight", shape);
  const bias = weights.optional(module, "bias", shape);
  const scale = variance.data.map((v, i) => (weight?.data[i] ?? 1) / Math.sqrt(v + module.eps));
  const shift = mean.data.map((m, i) => (bias?.data[i] ?? 0) - m * scale[i]);
  return {
    kind: "affine",
    name: module.name,
    isForImages: module.type === "BatchNorm2d",
    scale: { shape, data: scale },
    shift: { shape, data: shift },
  };
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
    if (before) folded[before.index] = foldBehind(before.layer, layer);
    else if (behind && canFoldBefore(behind.layer, layer))
      folded[behind.index] = foldBefore(layer, behind.layer);
    else return;
    folded[index] = identityLayer({ name: layer.name });
  });
  return folded;
}

const isAffine = (layer: { readonly kind: string }): layer is Affine => layer.kind === "affine";
const isWeighted = (layer: { readonly kind: string }): layer is Weighted =>
  layer.kind === "convolutional" || layer.kind === "linear";

/** s·(W·x + b) + t = (s·W)·x + (s·b + t) */
function foldBehind(layer: Weighted, { name, scale, shift }: Affine): Weighted {
  const { shape, data } = layer.weights;
  requireChannels(name, scale, shape[0]);
  const size = data.length / shape[0];
  const weights = { shape, data: data.map((weight, i) => weight * scale.data[Math.floor(i / size)]) };
  const bias = shift.data.map((t, i) => t + scale.data[i] * (layer.bias?.data[i] ?? 0));
  return { ...layer, weights, bias: { shape: shift.shape, data: bias } };
}

/** Zeros around an image are padded behind the batch norm, so its shift does not reach them. */
function canFoldBefore(layer: Weighted, { shift }: Affine): boolean {
  if (layer.kind === "linear" || shift.data.every((t) => t === 0)) return true;
  return Object.values(layer.padding).every((pixels) => pixels === 0);
}

/** W·(s·x + t) + b = (W·s)·x + (W·t + b) */
function foldBefore({ name, scale, shift }: Affine, layer: Weighted): Weighted {
  const { shape, data } = layer.weights;
  const groups = layer.kind === "convolutional" ? layer.groups : 1;
  const [outputs, channels, ...kernel] = shape;
  const kernelSize = kernel.reduce((product, size) => product * size, 1);
  requireChannels(name, scale, channels * groups);
  const weights = new Float64Array(data.length);
  const bias = Float64Array.from({ length: outputs }, (_, out) => layer.bias?.data[out] ?? 0);
  data.forEach((weight, i) => {
    const out = Math.floor(i / (channels * kernelSize));
    const group = Math.floor(out / (outputs / groups));
    const channel = group * channels + (Math.floor(i / kernelSize) % channels);
    weights[i] = weight * scale.data[channel];
    bias[out] += weight * shift.data[channel];
  });
  return { ...layer, weights: { shape, data: weights }, bias: { shape: [outputs], data: bias } };
}

/** A batch norm without a neighbour to fold it into: a convolution of each pixel, or a diagonal matrix. */
export function affineLayer(affine: Affine, inputShape: Shape): NetworkLayer {
  const { name, isForImages, scale, shift } = affine;
  const [channels] = scale.shape;
  if (isForImages) requireImageShape({ kind: "batch norm", name }, inputShape);
  requireChannels(name, scale, inputShape[0]);
  if (inputShape.length === 3) {
    const weights = { shape: [channels, 1, 1, 1], data: scale.data };
    return convolutionalLayer({ name, weights, bias: shift, groups: channels });
  }
  if (channels > mostFeatures) {
    throw new InputError(
      `batch norm ${JSON.stringify(name)}: expected at most ${mostFeatures} features where no linear layer is beside it, ` +
        `got ${channels}; put a linear layer before it`,
    );
  }
  const weights = zeros([channels, channels]);
  scale.data.forEach((s, i) => (weights.data[i * channels + i] = s));
  return linearLayer({ name, weights, bias: shift });
}

function requireChannels(name: string, scale: Tensor, channels: number): void {
  if (scale.shape[0] === channels) return;
  throw new InputError(
    `batch norm ${JSON.stringify(name)}: it normalises ${formatShape(scale.shape)} channels, expected ${channels}`,
  );
}
