import { InputError } from "../../errors.js";
import { naming } from "../../model/model-error.js";
import {
  defineModel,
  layerOutputShape,
  withNotes,
  type Network,
  type NetworkLayer,
} from "../../model/model.js";
import { formatShape, type Shape, type Tensor } from "../../tensor/tensor.js";
import { requireInputShape, type Module, type UnknownModule } from "../description.js";
import { requireManageable } from "../limits.js";
import { affineLayer, foldBatchNorms } from "./batch-norm.js";
import { convertModule } from "./convert.js";
import type { Dimensions, Draft } from "./draft.js";
import { inferInputShape, UnknownInputShapeError } from "./input-shape.js";
import { withoutSoftmax } from "./softmax.js";
import { refusePlainOnly, requireKnown } from "./unknown.js";
import { Weights, withoutWrappers } from "./weights.js";

/** Modules that run one after the other, and their weights. */
export interface ModuleSequence {
  readonly name: string;
  readonly modules: readonly (Module | UnknownModule)[];
  /** Under the names that PyTorch's `state_dict` gives them: `0.weight`. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Of one image, `[channels, height, width]`, `[channels, length]` or `[features]`; inferred where it can be. */
  readonly inputShape?: Shape;
}

const mostLayers = 1000;

/**
 * The network that a sequence of PyTorch's modules computes in evaluation mode: one layer a module, so that layers have
 * the modules' numbers. Dropout, identities and batch norms that were folded into a neighbour leave an identity layer.
 * Images of one dimension (`Conv1d`) become images one row high.
 *
 * @throws UnsupportedLayersError if there are modules that cannot even be run, naming every one that cannot be
 *   encrypted, and what to put in its place
 * @throws InputError if modules, weights and shapes do not fit together
 */
export function networkFromModules(sequence: ModuleSequence): Network {
  const { name, tensors, inputShape: given } = sequence;
  const { modules, notes } = withoutSoftmax(sequence.modules);
  try {
    if (modules.length === 0 || modules.length > mostLayers) {
      throw new InputError(`expected 1 to ${mostLayers} layers, got ${modules.length}`);
    }
    requireKnown(name, modules);
    const weights = new Weights(withoutWrappers(tensors, modules));
    const dimensions = dimensionsOf(modules);
    const converted = modules.map((module) => convertModule(module, weights, dimensions));
    const drafts = foldBatchNorms(converted);
    weights.requireAllRead();
    const inputShape = given ? imageShape(requireInputShape(given), modules, dimensions) : undefined;
    const shape = inputShape ?? inferInputShape(drafts, dimensions, (candidate) => fits(drafts, candidate));
    return withNotes(defineModel({ name, inputShape: shape, layers: layersAt(drafts, shape) }), notes);
  } catch (error) {
    if (error instanceof UnknownInputShapeError) refusePlainOnly(name, modules, error.message);
    throw naming(name, error);
  }
}

/** Whether images have one axis beside their channels, or two. @throws InputError if modules want both */
function dimensionsOf(modules: readonly Module[]): Dimensions {
  const of = (pattern: RegExp) => modules.find(({ type }) => pattern.test(type));
  const one = of(/^(Conv|AvgPool|AdaptiveAvgPool|MaxPool)1d$/);
  const two = of(/2d$/);
  if (one && two) {
    throw new InputError(
      `${one.type} ${JSON.stringify(one.name)} and ${two.type} ${JSON.stringify(two.name)} take images of different ` +
        `dimensions; use modules of one dimension`,
    );
  }
  return one ? 1 : 2;
}

/** Modules that take images, or features, alone. */
const isShaping = /^(Conv|AvgPool|AdaptiveAvgPool|MaxPool)1d$|^(Linear|Unflatten|Flatten)$/;

/** Images of one dimension are one row high; where they have one channel, their length says all. */
function imageShape(shape: Shape, modules: readonly Module[], dimensions: Dimensions): Shape {
  const takesImages =
    dimensions === 1 && /1d$/.test(modules.find(({ type }) => isShaping.test(type))?.type ?? "");
  if (shape.length === 1 && takesImages) return [1, 1, shape[0]];
  if (shape.length === 2) return [shape[0], 1, shape[1]];
  if (dimensions === 1 && shape.length === 3 && shape[1] !== 1) {
    throw new InputError(`expected an inputShape [channels, length], got ${formatShape(shape)}`);
  }
  return shape;
}

function layersAt(drafts: readonly Draft[], inputShape: Shape): NetworkLayer[] {
  let shape = inputShape;
  return drafts.map((draft): NetworkLayer => {
    const layer = atShape(draft, shape);
    const output = layerOutputShape(layer, shape);
    requireManageable(`${layer.kind} "${layer.name}"`, output);
    shape = output;
    return layer;
  });
}

function fits(drafts: readonly Draft[], inputShape: Shape): boolean {
  try {
    layersAt(drafts, inputShape);
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

function atShape(draft: Draft, inputShape: Shape): NetworkLayer {
  if (draft.kind === "affine") return affineLayer(draft, inputShape);
  return draft.kind === "shaped" ? draft.at(inputShape) : draft;
}
