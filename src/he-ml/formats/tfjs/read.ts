import * as z from "zod";
import { InputError } from "../../errors.js";
import { naming } from "../../model/model-error.js";
import { defineModel, layerOutputShape, withNotes, type Network } from "../../model/model.js";
import { UnsupportedLayersError } from "../../model/unsupported-layers.js";
import { describeLayer } from "../../model/layer.js";
import { requireManageable } from "../limits.js";
import {
  channelsLast,
  keepsOrder,
  ourShape,
  ownLayout,
  sequence,
  transposedLayout,
  type Layout,
} from "../layout.js";
import { affineLayer, foldBatchNorms } from "../modules/batch-norm.js";
import { softmaxNote } from "../softmax.js";
import { converterOf, type Draft } from "./convert.js";
import { configOf } from "./config.js";
import type { KerasLayer } from "./parts.js";
import { check, readTopology, type Topology } from "./topology.js";
import { opOf, unsupportedLayer } from "./unsupported.js";
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

const isIdentity = ({ className, config }: KerasLayer) =>
  /Dropout|^Gaussian/.test(className) || (className === "Activation" && config.activation === "linear");

/** Leaves out a softmax over the outputs that nothing but what is idle outside training follows. */
function withoutSoftmax(layers: readonly KerasLayer[]): { layers: readonly KerasLayer[]; notes: string[] } {
  const end = layers.findLastIndex((layer) => !isIdentity(layer));
  const last = layers.at(end);
  if (end < 1 || !last || !isSoftmax(last)) return { layers, notes: [] };
  return { layers: layers.slice(0, end), notes: [softmaxNote(`${opOf(last)} ${JSON.stringify(last.name)}`)] };
}

/** Of a layer's last axis, which is Keras's default. */
function isSoftmax(layer: KerasLayer): boolean {
  if (!/^(log_?)?softmax$/i.test(opOf(layer))) return false;
  if (layer.className !== "Softmax") return true;
  const { axis } = configOf(layer, { axis: z.union([z.int(), z.tuple([z.int()])]).default(-1) });
  return Number(axis) === -1;
}

/** @throws UnsupportedLayersError if a layer can neither be encrypted nor run, naming all that cannot be encrypted */
function requireKnown(name: string, layers: readonly KerasLayer[]): void {
  if (layers.every(converterOf)) return;
  const plainOnly = /relu|elu$|silu|swish|sigmoid|tanh|softplus|hard_|^MaxPooling[12]D$/i;
  const unsupported = layers.flatMap((layer, position) => {
    return converterOf(layer) && !plainOnly.test(opOf(layer)) ? [] : [unsupportedLayer(layer, position)];
  });
  throw new UnsupportedLayersError(name, unsupported);
}

/** Flatten's input with its first axis behind the others. */
function firstAxisLast(layout: Layout): Layout {
  const [first, ...others] = layout.order.keys();
  return transposedLayout(layout, [...others, first]);
}

const isChannelsFirst = ({ config }: KerasLayer) =>
  config.data_format === "channels_first" || config.data_format === "channelsFirst";

/** The layout behind a layer: flattened images stay in the file's order until a linear layer takes them. */
function layoutBehind(draft: Draft, layout: Layout, layer: KerasLayer): Layout {
  if (draft.kind === "flatten") {
    return { ...(isChannelsFirst(layer) && !layout.isFlat ? firstAxisLast(layout) : layout), isFlat: true };
  }
  if (draft.kind === "unflatten") {
    const [, height, width] = draft.shape;
    const { length } = layer.config.target_shape as unknown[];
    return length === 2 ? sequence([width, 1]) : channelsLast([height, width, 1]);
  }
  if (draft.kind === "affine" || (layout.isFlat && draft.kind !== "linear")) return layout;
  const shape = layerOutputShape(draft, ourShape(layout));
  return { ...ownLayout(shape), order: shape.length === 3 ? layout.order : [0] };
}

/** How our layers see what the file gives them: two axes are a sequence where a layer of one dimension takes them. */
function inputLayout({ inputShape, layers }: Topology): Layout {
  if (inputShape.length === 3) return channelsLast(inputShape);
  if (inputShape.length === 1) return ownLayout(inputShape);
  const taking = layers.find(({ className }) => /1D$|^(Flatten|Reshape|Dense)$/.test(className));
  if (taking?.className.endsWith("1D")) return sequence(inputShape);
  return { shape: [1, ...inputShape], order: [1, 2], isFlat: false };
}

function draftsOf({ layers }: Topology, input: Layout, weights: KerasWeights): Draft[] {
  let layout = input;
  const drafts = layers.map((layer) => {
    const draft = converterOf(layer)!({ ...layer, weights, layout });
    layout = layoutBehind(draft, layout, layer);
    return draft;
  });
  if (keepsOrder(layout) || !layout.isFlat) return drafts;
  throw new InputError(
    "its output are flattened images with the channels last; end the model with a Dense layer",
  );
}

function networkOf(name: string, topology: Topology, weights: KerasWeights): Network {
  const input = inputLayout(topology);
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
    const { layers, notes } = withoutSoftmax(topology.layers);
    requireKnown(name, layers);
    const network = networkOf(name, { ...topology, layers }, new KerasWeights(weightsManifest, file));
    return withNotes(network, notes);
  } catch (error) {
    throw naming(name, error);
  }
}
