import * as z from "zod";
import { InputError } from "../../errors.js";
import { naming } from "../../model/model-error.js";
import { defineModel, layerOutputShape, type Network, type NetworkLayer } from "../../model/model.js";
import { UnsupportedLayersError } from "../../model/unsupported-layers.js";
import { describeLayer } from "../../model/layer.js";
import { requireManageable } from "../limits.js";
import { channelsLast, keepsOrder, ourShape, ownLayout, type Layout } from "../layout.js";
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
  modelTopology: z.unknown().optional(),
  weightsManifest: z.unknown().optional(),
});

function parseJson(bytes: Uint8Array): z.output<typeof modelSchema> {
  if (bytes.length > largestTopologyBytes) {
    throw new InputError(
      `expected a model.json of at most 16 MiB, got ${bytes.length} bytes; is it the weights?`,
    );
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

type Draft = NetworkLayer | Affine;

/** The layout behind a layer: flattened images stay in the file's order until a linear layer takes them. */
function layoutBehind(draft: Draft, layout: Layout): Layout {
  if (draft.kind === "flatten") return { ...layout, isFlat: true };
  if (draft.kind === "affine" || (layout.isFlat && draft.kind !== "linear")) return layout;
  const shape = layerOutputShape(draft, ourShape(layout));
  return { ...ownLayout(shape), order: shape.length === 3 ? layout.order : [0] };
}

function draftsOf({ layers }: Topology, input: Layout, weights: KerasWeights): Draft[] {
  let layout = input;
  const drafts = layers.map((layer) => {
    const draft = converterOf(layer)!({ ...layer, weights, layout });
    layout = layoutBehind(draft, layout);
    return draft;
  });
  if (keepsOrder(layout) || !layout.isFlat) return drafts;
  throw new InputError(
    "its output are flattened images with the channels last; end the model with a Dense layer",
  );
}

function networkOf(name: string, topology: Topology, weights: KerasWeights): Network {
  const { inputShape } = topology;
  const input = inputShape.length === 3 ? channelsLast(inputShape) : ownLayout(inputShape);
  let { shape } = input;
  requireManageable("its input", shape);
  const layers = foldBatchNorms(draftsOf(topology, input, weights)).map((draft) => {
    const layer = draft.kind === "affine" ? affineLayer(draft, shape) : draft;
    shape = layerOutputShape(layer, shape);
    requireManageable(describeLayer(layer), shape);
    return layer;
  });
  return defineModel({ name, inputShape: input.shape, layers });
}

/**
 * Reads a tfjs layers model: the `model.json` that `model.save` or tensorflowjs_converter writes, with its weights.
 * Layers bear their Keras names; an activation within a layer is a layer of its own behind it, `conv1.relu`. Images are
 * ours, with the channels first.
 *
 * @throws UnsupportedLayersError if there are layers that cannot even be run, naming every one that cannot be
 *   encrypted, and what to put in its place
 * @throws InputError if the file is damaged, or its layers do not form one chain that fits the weights
 * @example
 * const file = (path: string) => readFileSync(join(folder, path));
 * const network = readTfjs(readFileSync(join(folder, "model.json")), { name: "lenet1", file });
 */
export function readTfjs(bytes: Uint8Array, { name, file }: ReadTfjsOptions): Network {
  try {
    const { modelTopology, weightsManifest } = parseJson(bytes);
    const topology = readTopology(modelTopology);
    requireKnown(name, topology.layers);
    return networkOf(name, topology, new KerasWeights(weightsManifest, file));
  } catch (error) {
    throw naming(name, error);
  }
}
