import type { ConvolutionalLayer } from "../../he-ml/model/convolutional.js";
import type { LinearLayer } from "../../he-ml/model/linear.js";
import { zeros, type Tensor } from "../../he-ml/tensor/tensor.js";

/**
 * An affine map of each channel by itself, y = gain · x + offset. Behind a flatten a channel is a run of as many
 * features as it had pixels.
 */
export interface ChannelMap {
  readonly gains: Float64Array;
  readonly offsets: Float64Array;
}

export type WeightLayer = ConvolutionalLayer | LinearLayer;

export function identityMap(channels: number): ChannelMap {
  return { gains: new Float64Array(channels).fill(1), offsets: new Float64Array(channels) };
}

/** First `inner`, then `outer`. */
export function composed(outer: ChannelMap, inner: ChannelMap): ChannelMap {
  return {
    gains: outer.gains.map((gain, c) => gain * inner.gains[c]),
    offsets: outer.offsets.map((offset, c) => outer.gains[c] * inner.offsets[c] + offset),
  };
}

export function applied({ gains, offsets }: ChannelMap, batch: Tensor): Tensor {
  const [count, ...shape] = batch.shape;
  const run = batch.data.length / count / gains.length;
  const channelOf = (i: number) => Math.floor(i / run) % gains.length;
  return {
    shape: [count, ...shape],
    data: batch.data.map((value, i) => gains[channelOf(i)] * value + offsets[channelOf(i)]),
  };
}

/** The layer whose output is what the given layer's would be behind the map. */
export function foldedBehind<L extends WeightLayer>(layer: L, { gains, offsets }: ChannelMap): L {
  const { weights, bias } = layer;
  const outputs = weights.shape[0];
  const size = weights.data.length / outputs;
  const biases = bias?.data ?? new Float64Array(outputs);
  return {
    ...layer,
    weights: { ...weights, data: weights.data.map((w, i) => w * gains[Math.floor(i / size)]) },
    bias: { shape: [outputs], data: biases.map((b, o) => gains[o] * b + offsets[o]) },
  };
}

/** The layer that gives on plain inputs what the given layer gives on mapped ones. */
export function foldedInto<L extends WeightLayer>(layer: L, { gains, offsets }: ChannelMap): L {
  const { weights, bias } = layer;
  const outputs = weights.shape[0];
  const [inputs, taps] = [weights.shape[1], weights.data.length / outputs / weights.shape[1]];
  const groups = layer.kind === "convolutional" ? layer.groups : 1;
  const run = (inputs * groups) / gains.length;
  const folded = zeros(weights.shape);
  const biases = Float64Array.from(bias?.data ?? new Float64Array(outputs));
  for (let output = 0; output < outputs; output++) {
    const firstInput = Math.floor(output / (outputs / groups)) * inputs;
    for (let input = 0; input < inputs; input++) {
      const channel = Math.floor((firstInput + input) / run);
      for (let tap = 0; tap < taps; tap++) {
        const index = (output * inputs + input) * taps + tap;
        folded.data[index] = weights.data[index] * gains[channel];
        biases[output] += weights.data[index] * offsets[channel];
      }
    }
  }
  return { ...layer, weights: folded, bias: { shape: [outputs], data: biases } };
}
