import { InputError } from "../errors.js";
import { formatShape, type Shape, type Tensor } from "../tensor/tensor.js";
import { plainActivation, type ActivationLayer } from "./activation.js";
import { plainAveragePool, type AveragePoolLayer } from "./average-pool.js";
import { plainConvolutional, type ConvolutionalLayer } from "./convolutional.js";
import { plainFlatten, type FlattenLayer } from "./flatten.js";
import { plainIdentity, type IdentityLayer } from "./identity.js";
import type { PlainLayer } from "./layer.js";
import { plainLinear, type LinearLayer } from "./linear.js";
import { plainMaxPool, type MaxPoolLayer } from "./max-pool.js";
import { ModelError } from "./model-error.js";
import { plainPadding, type PaddingLayer } from "./padding.js";
import { plainPolynomial, type PolynomialLayer } from "./polynomial.js";
import { plainSquare, type SquareLayer } from "./square.js";
import type { ValueRange } from "./value-range.js";

/** Every kind of layer that can be computed on encrypted values. */
export type Layer =
  | ConvolutionalLayer
  | LinearLayer
  | SquareLayer
  | PolynomialLayer
  | AveragePoolLayer
  | FlattenLayer
  | PaddingLayer
  | IdentityLayer;

export type LayerKind = Layer["kind"];

/** Every kind of layer that runs on plain values only. */
export type PlainOnlyLayer = ActivationLayer | MaxPoolLayer;

/** Every kind of layer that a network can hold. */
export type NetworkLayer = Layer | PlainOnlyLayer;

type PlainLayers<L extends NetworkLayer> = { readonly [K in L["kind"]]: PlainLayer<Extract<L, { kind: K }>> };

const plainOnlyLayers: PlainLayers<PlainOnlyLayer> = {
  activation: plainActivation,
  maxPool: plainMaxPool,
};

const plainLayers: PlainLayers<NetworkLayer> = {
  ...plainOnlyLayers,
  convolutional: plainConvolutional,
  linear: plainLinear,
  square: plainSquare,
  polynomial: plainPolynomial,
  averagePool: plainAveragePool,
  flatten: plainFlatten,
  padding: plainPadding,
  identity: plainIdentity,
};

const plainLayer = (layer: NetworkLayer) => plainLayers[layer.kind] as PlainLayer<NetworkLayer>;

/** Whether a layer runs on plain values only. */
export function isPlainOnly(layer: NetworkLayer): layer is PlainOnlyLayer {
  return layer.kind in plainOnlyLayers;
}

/** A trained network in memory, as it comes from a file: its layers run one after the other. */
export interface Network {
  readonly name: string;
  /** Shape of one image, `[channels, height, width]`, or `[features]`. */
  readonly inputShape: Shape;
  readonly layers: readonly NetworkLayer[];
  /** Ranges that the layers' values were seen in, `input` first, where they are known. */
  readonly valueRanges?: readonly ValueRange[];
  /** What each output stands for, where that is known. */
  readonly classNames?: readonly string[];
  /** Name of the dataset that it was trained on, where that is known. */
  readonly dataset?: string;
  /** CKKS parameters for it layer by layer, as people write them and not checked, where it came with some. */
  readonly parameters?: unknown;
}

/** A network, every layer of which can be computed on encrypted values. */
export interface Model extends Network {
  readonly layers: readonly Layer[];
}

/**
 * Checks that names are unique, that every weight is finite and that each layer takes what the one before gives.
 *
 * @throws InputError naming the first layer that does not fit.
 */
export function defineModel(model: Model): Model;
export function defineModel(network: Network): Network;
export function defineModel(model: Network): Network {
  const names = new Set<string>();
  for (const layer of model.layers) {
    if (names.has(layer.name))
      throw new ModelError(`model "${model.name}": two layers are named "${layer.name}"`);
    names.add(layer.name);
    for (const field of ["weights", "bias"] as const) {
      const values = field in layer ? (layer as LinearLayer)[field] : undefined;
      if (values && !values.data.every(Number.isFinite)) {
        throw new ModelError(`model "${model.name}": ${field} of "${layer.name}" hold a NaN or an infinity`);
      }
    }
  }
  layerShapes(model);
  return model;
}

/** Output shape of one layer for one image. */
export function layerOutputShape(layer: NetworkLayer, inputShape: Shape): Shape {
  return plainLayer(layer).outputShape(layer, inputShape);
}

/** Shapes between the layers: the input's first, then each layer's output. */
export function layerShapes(model: Pick<Network, "inputShape" | "layers">): Shape[] {
  const shapes: Shape[] = [model.inputShape];
  for (const layer of model.layers) shapes.push(layerOutputShape(layer, shapes.at(-1)!));
  return shapes;
}

/** Plain forward of one layer over a batch `[n, …shape]`. */
export function layerForward(layer: NetworkLayer, batch: Tensor): Tensor {
  return plainLayer(layer).forward(layer, batch);
}

/**
 * Plain forward of a whole model or network over a batch.
 *
 * @param batch `[n, …inputShape]`
 * @returns The output of every layer in order; the last holds the logits.
 * @throws InputError if the images do not have the model's input shape.
 */
export function modelForward(model: Network, batch: Tensor): Tensor[] {
  requireBatchOf(model.inputShape, batch, `model "${model.name}"`);
  const outputs: Tensor[] = [];
  let current = batch;
  for (const layer of model.layers) {
    current = layerForward(layer, current);
    outputs.push(current);
  }
  return outputs;
}

/** @throws InputError unless the tensor is a batch of images of this shape with finite values. */
export function requireBatchOf(imageShape: Shape, batch: Tensor, what: string): void {
  if (batch.shape.length === 0 || formatShape(batch.shape.slice(1)) !== formatShape(imageShape)) {
    throw new InputError(
      `${what}: expected a batch [n, ${imageShape.join(", ")}], got [${batch.shape.join(", ")}]; ` +
        `resize or reshape the images to ${formatShape(imageShape)}`,
    );
  }
  if (batch.shape[0] === 0) throw new InputError(`${what}: expected at least one image, got none`);
  const bad = batch.data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    const size = batch.data.length / batch.shape[0];
    throw new InputError(
      `${what}: value ${bad % size} of image ${Math.floor(bad / size)} is ${batch.data[bad]}; ` +
        `every value must be a finite number`,
    );
  }
}
