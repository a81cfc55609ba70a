import * as z from "zod";
import { InputError } from "../../errors.js";
import type { Shape } from "../../tensor/tensor.js";
import { readCall } from "./calls.js";
import { partsOf, type KerasLayer } from "./parts.js";

/** What a `model.json` says of the network, in the file's own order of axes. */
export interface Topology {
  /** Of one image: `[height, width, channels]`, `[length, channels]`, `[rows, columns]` or `[features]`. */
  readonly inputShape: Shape;
  readonly layers: readonly KerasLayer[];
}

const mostLayers = 1000;
const deepestNesting = 16;

const snakeCase = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** tfjs takes `batchInputShape` for `batch_input_shape`. A key that is there in both forms stays, and is not understood. */
function withSnakeCase(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const snake = snakeCase(key);
      return [Object.hasOwn(value, snake) ? key : snake, field as unknown];
    }),
  );
}

const layerSchema = z.preprocess(
  withSnakeCase,
  z.object({
    class_name: z.string(),
    config: z.preprocess(withSnakeCase, z.looseObject({ name: z.string().min(1) })),
    inbound_nodes: z.array(z.unknown()).optional(),
  }),
);
type RawLayer = z.output<typeof layerSchema>;

const layersSchema = z.array(layerSchema).max(mostLayers);
const endsSchema = z.array(z.unknown()).optional();
const configSchema = z.union([
  z.preprocess(
    withSnakeCase,
    z.object({ layers: layersSchema, input_layers: endsSchema, output_layers: endsSchema }),
  ),
  layersSchema.transform((layers) => ({ layers, input_layers: undefined, output_layers: undefined })),
]);
type RawConfig = z.output<typeof configSchema>;
const networkSchema = z.preprocess(withSnakeCase, z.object({ class_name: z.string(), config: configSchema }));
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

const quoted = (names: readonly string[]) => JSON.stringify(names.slice(0, 8));

/** @throws InputError unless each layer takes what the one before it gives, and that alone */
function requireChain(layers: readonly RawLayer[]): void {
  layers.forEach(({ config, inbound_nodes: inbound }, index) => {
    if (inbound === undefined || (index === 0 && inbound.length === 0)) return;
    const calls = inbound.map((node) => readCall(node));
    const sources = calls.flatMap((call) => call.sources);
    if (sources.length !== 1 || sources[0] !== layers[index - 1]?.config.name) {
      throw new InputError(
        `layer ${JSON.stringify(config.name)} takes ${quoted(sources)}; only models whose layers form one ` +
          `chain, in the file's order, are supported, without branches or residual connections`,
      );
    }
    const unusual = calls.flatMap((call) => call.unusual);
    if (unusual.length > 0) {
      throw new InputError(
        `layer ${JSON.stringify(config.name)} is called with ${quoted(unusual)}, which is not understood; ` +
          `call it with its input alone`,
      );
    }
  });
}

/** `["a", 0, 0]`, or a list of such. */
const endNames = (ends: readonly unknown[]) =>
  typeof ends[0] === "string" ? [ends[0]] : ends.flatMap((end) => readCall(end).sources);

/** @throws InputError unless the network takes what its first layer takes, and gives what its last one gives */
function requireOwnEnds({ layers, input_layers: inputs, output_layers: outputs }: RawConfig): void {
  const ends = [
    ["input", inputs, layers[0]],
    ["output", outputs, layers.at(-1)],
  ] as const;
  for (const [what, given, layer] of ends) {
    if (given === undefined) continue;
    const names = endNames(given);
    if (names.length === 1 && names[0] === layer?.config.name) continue;
    throw new InputError(
      `expected one ${what}, that of its ${what === "input" ? "first" : "last"} layer ` +
        `${JSON.stringify(layer?.config.name)}, got ${quoted(names)}; save a model with one ${what}`,
    );
  }
}

function flattened(config: RawConfig, depth = 0): RawLayer[] {
  requireChain(config.layers);
  requireOwnEnds(config);
  return config.layers.flatMap((layer) => {
    if (!nested.has(layer.class_name)) return [layer];
    if (depth === deepestNesting) throw new InputError("its models are nested too deeply; flatten them");
    const what = `${layer.class_name} ${JSON.stringify(layer.config.name)}`;
    return flattened(check(what, configSchema, layer.config), depth + 1);
  });
}

/**
 * Reads what a `model.json` says of its layers: those of nested models one after the other, input layers left out.
 *
 * @throws InputError if they do not form one chain, the model has several inputs or outputs, or the shape of the input
 *   is not said
 */
export function readTopology(modelTopology: unknown): Topology {
  const parsed = check("modelTopology", topologySchema, withSnakeCase(modelTopology));
  const network = "model_config" in parsed ? parsed.model_config : parsed;
  if (!nested.has(network.class_name)) {
    throw new InputError(
      `expected a Sequential or Functional model, got ${JSON.stringify(network.class_name)}`,
    );
  }
  const layers = flattened(network.config);
  const { batch_input_shape, batch_shape } = check(
    "the first layer",
    inputShapeSchema,
    layers[0]?.config ?? {},
  );
  const [, ...inputShape] = batch_input_shape ?? batch_shape ?? [];
  if (inputShape.length < 1 || inputShape.length > 3 || inputShape.includes(null)) {
    throw new InputError(
      `expected a first layer with a batch_input_shape [null, height, width, channels] or [null, features], ` +
        `got [${inputShape.join(", ")}] behind the batch; give the network an inputShape`,
    );
  }
  return {
    inputShape: inputShape as Shape,
    layers: layers.filter(({ class_name }) => class_name !== "InputLayer").flatMap(partsOf),
  };
}
