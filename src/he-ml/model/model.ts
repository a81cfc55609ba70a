import { inWords, listInWords, requireArgument } from "../arguments.js";
import { InputError } from "../errors.js";
import { formatShape, requireTensor, type Shape, type Tensor } from "../tensor/tensor.js";
import {
  definitionOf,
  type Layer,
  type LinearLayer,
  type LinearMapLayer,
  type NetworkLayer,
  type PlainOnlyLayer,
  type WeightedLayer,
} from "./layers.js";
import { ModelError } from "./model-error.js";
import { applyRows, type Rows } from "./rows.js";
import type { ValueRange } from "./value-range.js";

export type { Layer, NetworkLayer, PlainOnlyLayer };

export type LayerKind = Layer["kind"];

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
  /** What its reader left out or changed on the way, a sentence each: a softmax at the end, for one. */
  readonly notes?: readonly string[];
  /** CKKS parameters for it layer by layer, as people write them and not checked, where it came with some. */
  readonly parameters?: unknown;
}

/** A network, every layer of which can be computed on encrypted values. */
export interface Model extends Network {
  readonly layers: readonly Layer[];
}

/**
 * Checks that names are unique, that weights are as many as their shape holds, and finite, and that each layer takes what the one before gives.
 *
 * @throws InputError naming the first layer that does not fit, or what is no network at all.
 */
export function defineModel(model: Model): Model;
export function defineModel(network: Network): Network;
export function defineModel(model: Network): Network {
  requireNetwork("defineModel", model);
  const names = new Set<string>();
  for (const layer of model.layers) {
    if (names.has(layer.name))
      throw new ModelError(`model "${model.name}": two layers are named "${layer.name}"`);
    names.add(layer.name);
    requireLayer(layer);
    for (const field of ["weights", "bias"] as const) {
      const values = field in layer ? (layer as LinearLayer)[field] : undefined;
      if (!values) continue;
      if (!values.data.every(Number.isFinite)) {
        throw new ModelError(`model "${model.name}": ${field} of "${layer.name}" hold a NaN or an infinity`);
      }
    }
  }
  layerShapes(model);
  return model;
}

/** The network with what its reader says of it, behind what it says already. */
export function withNotes(network: Network, notes: readonly string[]): Network {
  return notes.length === 0 ? network : { ...network, notes: [...(network.notes ?? []), ...notes] };
}

/** @throws InputError unless the value has a network's layers and an input shape of positive sizes */
export function requireNetwork(what: string, value: unknown): asserts value is Network {
  const { layers, inputShape, name } = (value ?? {}) as Partial<Network>;
  if (!Array.isArray(layers) || !layers.every((layer) => typeof layer === "object" && layer !== null)) {
    throw new InputError(
      `${what}: expected a model, as loadModel or defineModel gives it, with a list of layers`,
    );
  }
  const isSize = (size: unknown) => Number.isSafeInteger(size) && (size as number) > 0;
  if (Array.isArray(inputShape) && inputShape.length > 0 && inputShape.every(isSize)) return;
  throw new InputError(
    `${what}: model ${inWords(name)}: inputShape: expected whole numbers above 0, as [channels, height, width], got ` +
      listInWords(inputShape),
  );
}

/** @throws InputError unless the layer is one that its maker could have made */
function requireLayer(layer: NetworkLayer): void {
  const { make } = definitionOf(layer);
  if (typeof layer.name !== "string") {
    throw new InputError(`layer of kind ${layer.kind}: expected a name, got ${inWords(layer.name)}`);
  }
  make(layer);
}

/** Output shape of one layer for one image. @throws InputError if the layer does not take such an input */
export function layerOutputShape(layer: NetworkLayer, inputShape: Shape): Shape {
  requireArgument("layerOutputShape", Array.isArray(inputShape), "a shape, as [1, 28, 28]", inputShape);
  requireLayer(layer);
  return definitionOf(layer).outputShape(layer, inputShape);
}

/**
 * Shapes between the layers: the input's first, then each layer's output.
 *
 * @throws InputError if it is no network, or a layer does not take what the one before gives
 */
export function layerShapes(model: Pick<Network, "inputShape" | "layers">): Shape[] {
  requireNetwork("layerShapes", model);
  const shapes: Shape[] = [model.inputShape];
  for (const layer of model.layers) shapes.push(layerOutputShape(layer, shapes.at(-1)!));
  return shapes;
}

/** The weighted sums that a linear layer computes. @throws InputError if it cannot take such an input */
export function layerRows(layer: LinearMapLayer, inputShape: Shape): Rows;
/** The same of any layer; undefined of one that is not linear, and of one that moves no value. */
export function layerRows(layer: NetworkLayer, inputShape: Shape): Rows | undefined;
export function layerRows(layer: NetworkLayer, inputShape: Shape): Rows | undefined {
  return definitionOf(layer).rows?.(layer, inputShape);
}

/** Whether it is a layer with weights: also of what a file's modules become before they are layers. */
export function isWeighted(layer: { readonly kind: string }): layer is WeightedLayer {
  return "weights" in layer;
}

/** Plain forward of one layer over a batch `[n, …shape]`. @throws InputError if the layer does not take such a batch */
export function layerForward(layer: NetworkLayer, batch: Tensor): Tensor {
  requireLayer(layer);
  const definition = definitionOf(layer);
  requireTensor("layerForward", batch);
  if (definition.forward) return definition.forward(layer, batch);
  const shape = batch.shape.slice(1);
  return applyRows(definition.rows(layer, shape), batch, definition.outputShape(layer, shape));
}

/**
 * Plain forward of a whole model or network over a batch.
 *
 * @param batch `[n, …inputShape]`
 * @returns The output of every layer in order; the last holds the logits.
 * @throws InputError if the images do not have the model's input shape.
 */
export function modelForward(model: Network, batch: Tensor): Tensor[] {
  requireNetwork("modelForward", model);
  requireTensor("modelForward", batch);
  requireBatchOf(model.inputShape, batch, `model "${model.name}"`);
  const outputs: Tensor[] = [];
  let current = batch;
  for (const layer of model.layers) {
    current = layerForward(layer, current);
    outputs.push(current);
  }
  return outputs;
}

/** @throws InputError unless the tensor is a batch of images of this shape, with all their values, and these finite. */
export function requireBatchOf(imageShape: Shape, batch: Tensor, what: string): void {
  requireTensor(what, batch);
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
