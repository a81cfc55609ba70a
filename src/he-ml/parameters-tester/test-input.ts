import * as z from "zod";
import { isList, requireArgument } from "../arguments.js";
import { InputError } from "../errors.js";
import { countSchema } from "../schema.js";
import { readParameterSet, type ParameterSet } from "./parameter-set.js";
import { snakeFields } from "./snake-fields.js";

/** What a test is asked for. */
export interface TestInput {
  readonly sets: readonly ParameterSet[];
  /** Whether every layer's line is wanted, and not the last alone. */
  readonly debug: boolean;
  /** Model layers to run, contiguous; all of them if left out. */
  readonly layers?: readonly number[];
  readonly dataset?: string;
  readonly modelPath?: string;
  readonly maxThreads?: number;
}

/** More than anybody waits for. */
const mostSets = 10_000;

/** More than any machine has cores for. */
export const mostThreads = 256;

const fileSchema = z.strictObject({
  encryption_parameters: z.unknown().optional(),
  debug: z
    .union([z.boolean(), z.literal(["y", "n", "Y", "N"])], { error: 'expected "y" or "n", true or false' })
    .default(false),
  layers: z.array(countSchema).min(1).optional(),
  dataset: z.string().min(1).optional(),
  model_path: z.string().min(1).optional(),
  max_threads: z.int().min(1).max(mostThreads).optional(),
  insecure_for_teaching: z.boolean().default(false),
});

/**
 * Reads what a file of parameter sets holds: PyCrCNN's, or ours.
 *
 * @param value as JSON gives it
 * @throws InputError naming the set and the key, if one is missing or unknown, or its value is of a wrong type
 */
export function readTestInput(value: unknown): TestInput {
  const where = "test-parameters";
  const parsed = fileSchema.safeParse(snakeFields(where, value, Object.keys(fileSchema.shape)));
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(`${where}: ${path.join(".")}: ${message}`);
  }
  const { encryption_parameters: sets, debug, layers, dataset, ...rest } = parsed.data;
  requireArgument(`${where}: encryption_parameters`, isList(sets), "a list of parameter sets", sets);
  if (sets.length === 0 || sets.length > mostSets) {
    throw new InputError(
      `${where}: encryption_parameters: expected from 1 to ${mostSets} parameter sets, got ${sets.length}; ` +
        `split a larger sweep`,
    );
  }
  return {
    sets: sets.map((set, i) =>
      readParameterSet(`${where}: encryption_parameters[${i}]`, set, rest.insecure_for_teaching),
    ),
    debug: debug === true || debug === "y" || debug === "Y",
    layers,
    dataset,
    modelPath: rest.model_path,
    maxThreads: rest.max_threads,
  };
}
