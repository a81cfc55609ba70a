import { z } from "zod";
import { InputError } from "../../errors.js";
import {
  defineModel,
  isPlainOnly,
  layerOutputShape,
  type Network,
  type NetworkLayer,
} from "../../model/model.js";
import { UnsupportedLayersError } from "../../model/unsupported-layers.js";
import { channelsLast, keepsOrder, ownLayout, type Layout } from "../layout.js";
import { affineLayer, foldBatchNorms, type Affine } from "../modules/batch-norm.js";
import { converterOf } from "./convert.js";
import { check, readTopology, type KerasLayer, type Topology } from "./topology.js";
import { unsupportedLayer } from "./unsupported.js";
import { KerasWeights, type SiblingFile } from "./weights.js";

export interface ReadTfjsOptions {
  readonly name: string;
  /** Gives the files with weights that `model.json` names. */
  readonly file: SiblingFile;
}

/** Layers alone, without weights, are never larger. */
const largestTopologyBytes = 2 ** 24;

const modelSchema = z.object({
  format: z.string().optional(),
  modelTopology: z.unknown(),
  weightsManifest: z.unknown(),
});

function parseJson(bytes: Uint8Array): z.output<typeof modelSchema> {
  if (bytes.length > largestTopologyBytes) {
    throw new InputError(`expected a model.json of at most 16 MiB, got ${bytes.length} bytes; is it the weights?`);
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new InputError("expected a tfjs model.json, got no JSON; save the model again");
  }
  const model = check("model.json", modelSchema, json);
  if (model.format !== undefined && model.format !== "layers-model") {
    throw new InputError(
      `expected the format "layers-model", got ${JSON.stringify(model.format)}; save the Keras model as a layers model`,
    );
  }
  return model;
}

/** @throws UnsupportedLayersError if a layer can neither be encrypted nor run, naming all that cannot be encrypted */
function requireKnown(name: string, layers: readonly KerasLayer[]): void {
  if (layers.every(converterOf)) return;
  const plainOnly = /relu|elu$|silu|swish|sigmoid|tanh|softplus|^MaxPooling2D$/i;
  const unsupported = layers.flatMap((layer, position) => {
    const { className, config } = layer;
    const op = className === "Activation" ? String(config.activation) : className;
    return converterOf(layer) && !plainOnly.test(op) ? [] : [unsupportedLayer(layer, position)];
  });
  throw new UnsupportedLayersError(name, unsupported);
}

/** The layout behind a layer: flattened images stay in the file's order until a linear layer takes them. */
function layoutBehind(layer: NetworkLayer, layout: Layout): Layout {
  const shape = layerOutputShape(layer, layout.isFlat ? [layout.shape.reduce((a, b) => a * b, 1)] : layout.shape);
  if (layer.kind === "flatten") return { ...layout, isFlat: true };
  if (layout.isFlat && layer.kind !== "linear") return layout;
  return shape.length === 3 ? { shape, order: layout.order, isFlat: false } : ownLayout(shape);
}

function convertLayers({ inputShape, layers }: Topology, weights: KerasWeights): { drafts: Draft[]; layout: Layout } {
  let layout = inputShape.length === 3 ? channelsLast(inputShape) : ownLayout(inputShape);
  return { drafts: [], layout };
}

type Draft = NetworkLayer | Affine;
