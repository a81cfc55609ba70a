import * as z from "zod";
import { InputError } from "../errors.js";
import type { TypeOf } from "../schema.js";
import { engineOptionsSchema } from "../engine/engine-options.js";
import { limitsSchema } from "./limits.js";

const modelName = z.string().regex(/^[\w.-]{1,100}$/, "expected letters, digits, dots, - and _");

const servedModelSchema = z.strictObject({
  /** What clients call it, in any case. */
  name: modelName,
  /** A file, a folder or a name, as `--model` takes them; the name if left out. */
  path: z.string().min(1).optional(),
  /** Other names for it, in any case. */
  aliases: z.array(modelName).default([]),
  /** Before which layers its owner wants values encrypted afresh. */
  reencryptPositions: z.array(z.int().min(0)).default([]),
});

/** What a server serves, and to whom it sets which limits: in Node, the file of `he-ml serve --config`. */
export const configSchema = z.strictObject({
  /** All that lie under `models/` and can be encrypted if left out, `lenet1` as MNIST, too. */
  models: z.array(servedModelSchema).min(1).optional(),
  /** Of what comes in. */
  limits: limitsSchema.prefault({}),
  /** Of what is computed and kept. */
  engine: engineOptionsSchema.prefault({}),
});

export interface ServeConfig extends TypeOf<typeof configSchema> {}
/** As people write it: what is usual is left out. */
export type ServeConfigInput = z.input<typeof configSchema> | ServeConfig;
export interface ServedModelConfig extends TypeOf<typeof servedModelSchema> {}

/** @throws InputError naming the field that is missing, unknown or out of range */
export function checkConfig(what: string, value: unknown): ServeConfig {
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`${what}: ${path.join(".") || "the whole"}: ${message}`);
}
