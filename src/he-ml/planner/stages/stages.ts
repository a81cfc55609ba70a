import { InputError } from "../../errors.js";
import { selectLayers } from "../../model/layer-range.js";
import { definitionOf } from "../../model/layers.js";
import { isWeighted, layerOutputShape, type Layer, type Model } from "../../model/model.js";
import { formatShape, sizeOf, type Shape } from "../../tensor/tensor.js";
import { activationOf, type Activation } from "./activation.js";
import { affineOfLayer } from "./affine-of-layer.js";
import { compose, type AffineMap } from "./affine-map.js";

/** The layers between two activations, as one affine map, and the activation. */
export interface Stage {
  readonly name: string;
  readonly kind: "stage" | Layer["kind"];
  /** Positions in the model, ascending. */
  readonly modelLayers: readonly number[];
  readonly layers: readonly Layer[];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Undefined where nothing is computed before the activation. */
  readonly map?: AffineMap;
  readonly activation?: Activation;
}

export interface StageOptions {
  /** Positions of the model's layers to plan for, contiguous and ascending; all of them if left out. */
  readonly layers?: readonly number[];
  /** False makes every layer a stage of its own, so that each one's error is seen. */
  readonly fuse?: boolean;
  /** Positions of layers after which a stage ends whatever follows: a re-encryption, an error probe. */
  readonly splitAfter?: readonly number[];
}

/** Entries of the largest map that is worth planning: 50 million products would take minutes. */
const mostEntries = 5e7;

/** @throws InputError if the layers are no range of the model's, or a stage's map is too large to be planned */
export function stagesOf(model: Model, { layers, fuse = true, splitAfter = [] }: StageOptions = {}): Stage[] {
  const all = model.layers.map((_, index) => index);
  const positions = layers ? selectLayers(all, layers) : all;
  const stages: Stage[] = [];
  let shape = model.inputShape;
  let open: number[] = [];
  let inputShape = shape;
  model.layers.forEach((layer, index) => {
    const outputShape = layerOutputShape(layer, shape);
    if (positions.includes(index)) {
      if (open.length === 0) inputShape = shape;
      open.push(index);
      if (!fuse || activationOf(layer) || splitAfter.includes(index) || index === positions.at(-1)) {
        stages.push(stageOf(model, open, inputShape, outputShape));
        open = [];
      }
    }
    shape = outputShape;
  });
  return stages;
}

function stageOf(model: Model, modelLayers: readonly number[], inputShape: Shape, outputShape: Shape): Stage {
  const layers = modelLayers.map((index) => model.layers[index]);
  const name = layers.map((layer) => layer.name).join("+");
  let map: AffineMap | undefined;
  let shape = inputShape;
  for (const layer of layers) {
    const next = affineWithin(name, layer, shape);
    if (next) map = map ? compose(map, next) : next;
    shape = layerOutputShape(layer, shape);
  }
  return {
    name,
    kind: layers.length === 1 ? layers[0].kind : "stage",
    modelLayers,
    layers,
    inputShape,
    outputShape,
    map,
    activation: activationOf(layers.at(-1)!),
  };
}

function affineWithin(stage: string, layer: Layer, shape: Shape): AffineMap | undefined {
  const outputs = sizeOf(layerOutputShape(layer, shape));
  const perOutput = isWeighted(layer)
    ? layer.weights.data.length / definitionOf(layer).weightChannels(layer).outputs
    : 1;
  if (outputs * perOutput > mostEntries) {
    throw new InputError(
      `plan: "${layer.name}" of stage "${stage}" has ${outputs * perOutput} products ` +
        `(${formatShape(shape)} in); packing packed takes up to ${mostEntries}; use packing batch, or a smaller layer`,
    );
  }
  return affineOfLayer(layer, shape);
}
