import { InputError } from "../errors.js";
import { zeros, type Shape, type Tensor } from "../tensor/tensor.js";
import { convolutionalLayer } from "./convolutional.js";
import { definitionOf, type NetworkLayer, type WeightedLayer } from "./layers.js";
import { linearLayer } from "./linear.js";

/**
 * An affine map of each channel by itself, y = gain · x + offset: what a batch normalisation is, and a scaling. Behind a
 * flatten a channel is a run of as many features as it had pixels.
 */
export interface ChannelMap {
  readonly gains: Float64Array;
  readonly offsets: Float64Array;
}

export function identityMap(channels: number): ChannelMap {
  return { gains: new Float64Array(channels).fill(1), offsets: new Float64Array(channels) };
}

export const hasNoOffsets = ({ offsets }: ChannelMap) => offsets.every((offset) => offset === 0);

export const isIdentityMap = (map: ChannelMap) => hasNoOffsets(map) && map.gains.every((gain) => gain === 1);

/** First `inner`, then `outer`. */
export function composed(outer: ChannelMap, inner: ChannelMap): ChannelMap {
  return {
    gains: outer.gains.map((gain, c) => gain * inner.gains[c]),
    offsets: outer.offsets.map((offset, c) => outer.gains[c] * inner.offsets[c] + offset),
  };
}

/** The map of a batch `[n, channels, …]`, or of a flattened one. */
export function applied({ gains, offsets }: ChannelMap, batch: Tensor): Tensor {
  const [count, ...shape] = batch.shape;
  const run = batch.data.length / count / gains.length;
  const channelOf = (i: number) => Math.floor(i / run) % gains.length;
  return {
    shape: [count, ...shape],
    data: batch.data.map((value, i) => gains[channelOf(i)] * value + offsets[channelOf(i)]),
  };
}

/** Whether `foldedBefore` gives what the map and then the layer give: an offset of zeros that come in would be too much. */
export function canFoldBefore(layer: WeightedLayer, map: ChannelMap): boolean {
  return hasNoOffsets(map) || !definitionOf(layer).addsZeros?.(layer);
}

/** The layer that gives what the given one and then the map give: g·(W·x + b) + o = (g·W)·x + (g·b + o). */
export function foldedBehind<L extends WeightedLayer>(layer: L, { gains, offsets }: ChannelMap): L {
  const { weights, bias } = layer;
  const { outputOf } = definitionOf(layer).weightChannels(layer);
  return {
    ...layer,
    weights: { ...weights, data: weights.data.map((weight, i) => weight * gains[outputOf(i)]) },
    bias: biasOf(
      layer,
      offsets.map((offset, output) => gains[output] * (bias?.data[output] ?? 0) + offset),
    ),
  };
}

/** The layer that gives what the map and then the given layer give: W·(g·x + o) + b = (W·g)·x + (W·o + b). */
export function foldedBefore<L extends WeightedLayer>({ gains, offsets }: ChannelMap, layer: L): L {
  const { weights, bias } = layer;
  const { inputs, outputs, inputOf, outputOf } = definitionOf(layer).weightChannels(layer);
  const run = inputs / gains.length;
  const folded = new Float64Array(weights.data.length);
  const biases = Float64Array.from({ length: outputs }, (_, output) => bias?.data[output] ?? 0);
  weights.data.forEach((weight, i) => {
    const channel = Math.floor(inputOf(i) / run);
    folded[i] = weight * gains[channel];
    biases[outputOf(i)] += weight * offsets[channel];
  });
  return { ...layer, weights: { ...weights, data: folded }, bias: biasOf(layer, biases) };
}

/** A layer without a bias gets one only where it says something. */
const biasOf = ({ bias }: WeightedLayer, data: Float64Array): Tensor | undefined =>
  bias || data.some((value) => value !== 0) ? { shape: [data.length], data } : undefined;

/** A diagonal matrix is stored with all its zeros. */
const mostFeatures = 4096;

/**
 * A map that is a layer of its own: a convolution of each pixel, or a diagonal matrix.
 *
 * @param what names it in messages
 * @param inputShape `[channels, height, width]` or `[features]`
 * @throws InputError if it would be a matrix of more than 4,096 features
 */
export function channelMapLayer(
  what: string,
  name: string,
  { gains, offsets }: ChannelMap,
  inputShape: Shape,
): NetworkLayer {
  const { length: channels } = gains;
  const bias = hasNoOffsets({ gains, offsets }) ? undefined : { shape: [channels], data: offsets };
  if (inputShape.length === 3) {
    const weights = { shape: [channels, 1, 1, 1], data: gains };
    return convolutionalLayer({ name, weights, bias, groups: channels });
  }
  if (channels > mostFeatures) {
    throw new InputError(
      `${what}: expected at most ${mostFeatures} channels or features, got ${channels}; ` +
        `fold the factors into the weights of the layer before or behind it`,
    );
  }
  const weights = zeros([channels, channels]);
  gains.forEach((gain, i) => (weights.data[i * channels + i] = gain));
  return linearLayer({ name, weights, bias });
}
