import { requireArgument } from "../../he-ml/arguments.js";
import { InputError } from "../../he-ml/errors.js";
import type { ActivationLayer } from "../../he-ml/model/activation.js";
import { averagePoolLayer } from "../../he-ml/model/average-pool.js";
import {
  applied,
  composed,
  foldedBefore,
  foldedBehind,
  hasNoOffsets,
  identityMap,
  isIdentityMap,
  type ChannelMap,
} from "../../he-ml/model/channel-map.js";
import { definitionOf, type NetworkLayer } from "../../he-ml/model/layers.js";
import type { MaxPoolLayer } from "../../he-ml/model/max-pool.js";
import {
  defineModel,
  isWeighted,
  layerForward,
  requireBatchOf,
  requireNetwork,
  type Layer,
  type Model,
  type Network,
} from "../../he-ml/model/model.js";
import { polynomialLayer } from "../../he-ml/model/polynomial.js";
import { squareLayer } from "../../he-ml/model/square.js";
import type { Tensor } from "../../he-ml/tensor/tensor.js";
import { fitLine, fitPolynomial, fitSquare } from "./least-squares.js";

/** What takes the place of an activation that cannot be encrypted. */
export type Replacement = "square" | "polynomial";

export const replacements: readonly Replacement[] = ["square", "polynomial"];

/**
 * Replaces every layer that cannot be encrypted: an activation by a square or a polynomial, a max-pool by an average
 * pool. Each one is fitted by least squares to what the network's own layer gives on the images, layer by layer from
 * the front, so that a layer also makes up for what those before it got wrong:
 *
 * - A square has no coefficients of its own. Of a·x² + b·x + c, the shift and √|a| go into the weights before it, the
 *   sign and the constant into the weights behind it, channel by channel.
 * - A polynomial of degree 2 or 3 is one for the whole layer.
 * - The mean of a window is less than its largest value; a factor and a constant, channel by channel, go into the
 *   weights behind the pool, or before it where another activation is next.
 *
 * @param images A few hundred training images.
 * @returns A model whose layers have the network's names and numbers.
 * @throws InputError if there are no weights where something must go into, or the images are not the network's.
 */
export function makeHeFriendly(network: Network, images: Tensor, replacement: Replacement): Model {
  requireNetwork("makeHeFriendly", network);
  requireBatchOf(network.inputShape, images, "makeHeFriendly");
  const isKnown = replacements.includes(replacement);
  requireArgument("makeHeFriendly: replacement", isKnown, replacements.join(" or "), replacement);
  const conversion = new Conversion(network, images, replacement);
  return conversion.run();
}

class Conversion {
  private readonly layers: Layer[] = [];
  /** What the layers so far give on the images, and what the network's own give. */
  private current: Tensor;
  private wanted: Tensor;
  /** What is still to be applied to `current`, by the next weights. */
  private pending: ChannelMap;

  constructor(
    private readonly network: Network,
    images: Tensor,
    private readonly replacement: Replacement,
  ) {
    this.current = images;
    this.wanted = images;
    this.pending = identityMap(images.shape[1]);
  }

  run(): Model {
    const { name, inputShape, layers } = this.network;
    layers.forEach((layer, index) => {
      this.wanted = layerForward(layer, this.wanted);
      switch (layer.kind) {
        case "activation":
          this.replaceActivation(layer, index);
          break;
        case "maxPool":
          this.replaceMaxPool(layer, index);
          break;
        default:
          this.append(this.absorbing(layer));
      }
    });
    this.requireNothingPending();
    return defineModel({ name, inputShape, layers: this.layers });
  }

  private append(layer: Layer): void {
    this.layers.push(layer);
    this.current = layerForward(layer, this.current);
  }

  /** The layer as it must be for what is pending, which it takes in if it has weights. */
  private absorbing(layer: Layer): Layer {
    if (!isWeighted(layer)) {
      // x² and polynomials of a network that was HE-friendly in part.
      if (isElementWise(layer)) this.foldPendingBack(layer.name);
      return layer;
    }
    const absorbed = isIdentityMap(this.pending) ? layer : foldedBefore(this.pending, layer);
    this.pending = identityMap(definitionOf(layer).weightChannels(layer).outputs);
    return absorbed;
  }

  private replaceActivation(layer: ActivationLayer, index: number): void {
    const { name } = layer;
    if (this.replacement === "polynomial") {
      this.foldPendingBack(name);
      this.append(
        polynomialLayer({ name, coefficients: fitPolynomial(this.current.data, this.wanted.data) }),
      );
      return;
    }
    const withConstant = !this.isPaddedBehind(index);
    const inputs = applied(this.pending, this.current);
    const fits = channelsOf(inputs, this.wanted, this.pending.gains.length).map(({ xs, ys }) =>
      fitSquare(xs, ys, withConstant),
    );
    const before = {
      gains: Float64Array.from(fits, ({ gain }) => gain),
      offsets: Float64Array.from(fits, ({ offset }) => offset),
    };
    this.pending = composed(before, this.pending);
    this.foldPendingBack(name);
    this.append(squareLayer({ name }));
    this.pending = {
      gains: Float64Array.from(fits, ({ sign }) => sign),
      offsets: Float64Array.from(fits, ({ constant }) => constant),
    };
  }

  private replaceMaxPool(layer: MaxPoolLayer, index: number): void {
    const { name, kernelSize, stride, padding, dilation } = layer;
    if (dilation.some((step) => step !== 1)) {
      throw new InputError(
        `train --from: maxPool "${name}": expected dilation 1, got ${dilation.join("×")}; an average pool has none`,
      );
    }
    this.append(averagePoolLayer({ name, kernelSize, stride, padding, countIncludePad: false }));
    const withOffset = !this.isPaddedBehind(index);
    const means = applied(this.pending, this.current);
    const fits = channelsOf(means, this.wanted, this.pending.gains.length).map(({ xs, ys }) =>
      fitLine(xs, ys, withOffset),
    );
    const scaled = {
      gains: Float64Array.from(fits, ({ gain }) => gain),
      offsets: Float64Array.from(fits, ({ offset }) => offset),
    };
    this.pending = composed(scaled, this.pending);
  }

  /** Puts what is pending into the nearest weights before, past layers that it commutes with. */
  private foldPendingBack(name: string): void {
    if (isIdentityMap(this.pending)) return;
    const index = this.layers.findLastIndex((layer) => isWeighted(layer) || !this.commutes(layer));
    const layer = this.layers[index];
    if (!layer || !isWeighted(layer)) {
      throw new InputError(
        `train --from: "${name}" has no convolution or linear layer right before it to take up a scale; ` +
          `put one there${this.replacement === "square" ? ", or try --activation polynomial" : ""}`,
      );
    }
    this.layers[index] = foldedBehind(layer, this.pending);
    this.current = applied(this.pending, this.current);
    this.pending = identityMap(this.pending.gains.length);
  }

  /** Whether a map of channels that is applied behind the layer may as well be applied before it. */
  private commutes(layer: Layer): boolean {
    return channelWise.has(layer.kind) && (!addsZeros(layer) || hasNoOffsets(this.pending));
  }

  /** Whether zeros come in between layer `index` and the next weights: what was a constant is none there. */
  private isPaddedBehind(index: number): boolean {
    for (const layer of this.network.layers.slice(index + 1)) {
      if (addsZeros(layer)) return true;
      if (isWeighted(layer) || layer.kind === "activation") return false;
    }
    return false;
  }

  private requireNothingPending(): void {
    if (isIdentityMap(this.pending)) return;
    throw new InputError(
      `train --from: model "${this.network.name}" ends with "${this.network.layers.at(-1)!.name}", and no weights ` +
        `behind it can take up its scale; leave out what comes after the last linear layer`,
    );
  }
}

/** The values of each channel over all images, and what they should become. */
function channelsOf(
  inputs: Tensor,
  targets: Tensor,
  channels: number,
): { readonly xs: Float64Array; readonly ys: Float64Array }[] {
  const [count] = inputs.shape;
  const run = inputs.data.length / count / channels;
  return Array.from({ length: channels }, (_, channel) => {
    const gather = ({ data }: Tensor) => {
      const values = new Float64Array(count * run);
      for (let image = 0; image < count; image++) {
        const start = (image * channels + channel) * run;
        values.set(data.subarray(start, start + run), image * run);
      }
      return values;
    };
    return { xs: gather(inputs), ys: gather(targets) };
  });
}

const isElementWise = ({ kind }: Layer) => kind === "square" || kind === "polynomial";

/** Kinds whose outputs are values, or means of values, of the same channel. */
const channelWise: ReadonlySet<Layer["kind"]> = new Set(["averagePool", "flatten", "identity", "padding"]);

const addsZeros = (layer: NetworkLayer) => definitionOf(layer).addsZeros?.(layer) ?? false;
