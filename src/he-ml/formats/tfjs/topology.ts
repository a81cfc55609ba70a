import * as z from "zod";
import { InputError } from "../../errors.js";
import type { Shape } from "../../tensor/tensor.js";

/** A layer of the file, or an activation that one applies behind itself. */
export interface KerasLayer {
  /** Keras's class, without the package that registered it. */
  readonly className: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What a `model.json` says of the network, in the file's own order of axes. */
export interface Topology {
  /** Of one image: `[height, width, channels]` or `[features]`. */
  readonly inputShape: Shape;
  readonly layers: readonly KerasLayer[];
}

const mostLayers = 1000;
const deepestNesting = 16;

const layerSchema = z.object({
  class_name: z.string(),
  config: z.looseObject({ name: z.string().min(1) }),
  inbound_nodes: z.array(z.unknown()).optional(),
});
type RawLayer = z.output<typeof layerSchema>;

const layersSchema = z.array(layerSchema).max(mostLayers);
const configSchema = z.union([
  z.object({ layers: layersSchema }),
  layersSchema.transform((layers) => ({ layers })),
]);
const networkSchema = z.object({ class_name: z.string(), config: configSchema });
const topologySchema = z.union([z.object({ model_config: networkSchema }), networkSchema]);

const inputShapeSchema = z.object({
  batch_input_shape: z.array(z.int().positive().nullable()).optional(),
  batch_shape: z.array(z.int().positive().nullable()).optional(),
});

const nested = new Set(["Sequential", "Model", "Functional"]);

/** @throws InputError naming the first field that is wrong */
export function check<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`${what}: ${path.join(".") || "the whole"}: ${message}`);
}

/** The layers that an input's layer names stands before: `[["conv1", 0, 0, {}]]`, or Keras 3's nested records. */
function inboundNames(node: unknown): string[] {
  const text = JSON.stringify(node);
  const keras3 = [...text.matchAll(/"keras_history":\["((?:[^"\\]|\\.)*)"/g)].map(([, name]) => name);
  if (keras3.length > 0) return keras3;
  return [...text.matchAll(/\["((?:[^"\\]|\\.)*)",\d+,\d+/g)].map(([, name]) => name);
}

/** @throws InputError unless each layer takes what the one before it gives, and that alone */
function requireChain(layers: readonly RawLayer[]): void {
  layers.forEach(({ config, inbound_nodes: inbound }, index) => {
    if (inbound === undefined || (index === 0 && inbound.length === 0)) return;
    const sources = inbound.flatMap(inboundNames);
    if (sources.length === 1 && sources[0] === layers[index - 1]?.config.name) return;
    throw new InputError(
      `layer ${JSON.stringify(config.name)} takes ${JSON.stringify(sources)}; only models whose layers form one ` +
        `chain, in the file's order, are supported, without branches or residual connections`,
    );
  });
}

function flattened(layers: readonly RawLayer[], depth = 0): RawLayer[] {
  requireChain(layers);
  return layers.flatMap((layer) => {
    if (!nested.has(layer.class_name)) return [layer];
    if (depth === deepestNesting) throw new InputError("its models are nested too deeply; flatten them");
    const what = `${layer.class_name} ${JSON.stringify(layer.config.name)}`;
    return flattened(check(what, configSchema, layer.config).layers, depth + 1);
  });
}

const isActivating = (activation: unknown): activation is string =>
  typeof activation === "string" && activation !== "linear";

/** A layer with an activation is two of ours, and so is a global pooling, which flattens too. */
function parts({ class_name, config }: RawLayer): KerasLayer[] {
  const { name } = config;
  const className = class_name.replace(/^.*>/s, "");
  const layer = { className, name, config };
  if (className === "GlobalAveragePooling2D" && config.keepdims !== true) {
    return [layer, { className: "Flatten", name: `${name}.flatten`, config: {} }];
  }
  const { activation } = config;
  if (className === "Activation" || !isActivating(activation)) return [layer];
  return [layer, { className: "Activation", name: `${name}.${activation}`, config: { activation } }];
}

/**
 * Reads what a `model.json` says of its layers: those of nested models one after the other, input layers left out.
 *
 * @throws InputError if they do not form one chain, or the shape of the input is not said
 */
export function readTopology(modelTopology: unknown): Topology {
  const parsed = check("modelTopology", topologySchema, modelTopology);
  const network = "model_config" in parsed ? parsed.model_config : parsed;
  if (!nested.has(network.class_name)) {
    throw new InputError(
      `expected a Sequential or Functional model, got ${JSON.stringify(network.class_name)}`,
    );
  }
  const layers = flattened(network.config.layers);
  const { batch_input_shape, batch_shape } = check(
    "the first layer",
    inputShapeSchema,
    layers[0]?.config ?? {},
  );
  const [, ...inputShape] = batch_input_shape ?? batch_shape ?? [];
  if ((inputShape.length !== 1 && inputShape.length !== 3) || inputShape.includes(null)) {
    throw new InputError(
      `expected a first layer with a batch_input_shape [null, height, width, channels] or [null, features], ` +
        `got [${inputShape.join(", ")}] behind the batch; give the network an inputShape`,
    );
  }
  return {
    inputShape: inputShape as Shape,
    layers: layers.filter(({ class_name }) => class_name !== "InputLayer").flatMap(parts),
  };
}
