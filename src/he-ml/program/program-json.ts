import * as z from "zod";
import { evaluatorKindSchema } from "../crypto/evaluator-kind.js";
import { layerPackings } from "../crypto/packing.js";
import { checkParameters, parametersSpec } from "../crypto/parameters.js";
import { digestSchema } from "../crypto/tensor-bytes.js";
import { InputError } from "../errors.js";
import { inputRangeSchema } from "../model/input-range.js";
import { selectLayers } from "../model/layer-range.js";
import { layerStates } from "./chain.js";
import { readOutputSpec } from "./client-spec.js";
import { digestOf } from "./digest.js";
import { modelSchema, modelToJson } from "./model-json.js";
import { planFromJson, planSchema, planToJson } from "./plan-json.js";
import type { ProgramBase, ProgramContent } from "./program-content.js";

const version = 1;

const common = {
  format: z.literal("he-ml program"),
  version: z.literal(version),
  digest: digestSchema,
  checksum: digestSchema,
  /** Left out by programs for SEAL, which was all that there was once. */
  evaluator: evaluatorKindSchema.default("seal"),
  parameters: z.unknown(),
  layers: z.array(z.int().min(0)).min(1),
  input: z.unknown().optional(),
  inputRange: inputRangeSchema.optional(),
  model: modelSchema,
};
const programSchema = z.discriminatedUnion("packing", [
  z.strictObject({ ...common, packing: z.literal("packed"), plan: planSchema }),
  z.strictObject({ ...common, packing: z.enum(layerPackings as readonly ["scalar", "batch"]) }),
]);

/** A program as plain JSON, for `Program.fromJSON`; what else is in it is no contract. */
export interface ProgramJson {
  readonly format: "he-ml program";
  readonly version: typeof version;
  readonly digest: string;
  /** SHA-256 of all the rest: what was damaged or changed by mistake is found, predictions too. It is no signature. */
  readonly checksum: string;
  readonly [field: string]: unknown;
}

export function programToJson(content: ProgramContent, digest: string): ProgramJson {
  const { model, evaluator, parameters, layers, input, inputRange } = content;
  const json = {
    format: "he-ml program" as const,
    version,
    digest,
    packing: content.packing,
    ...(evaluator === "seal" ? {} : { evaluator }),
    parameters: parametersSpec(parameters),
    layers,
    input,
    inputRange,
    model: modelToJson(model),
    ...(content.packing === "packed" ? { plan: planToJson(content.plan) } : {}),
  } as const;
  return { ...json, checksum: digestOf(json) };
}

/**
 * @param make makes a program of what was read, whose digest is then compared with the one that was written
 * @throws InputError naming the field that is missing, unknown or does not fit
 */
export function programFromJson<P extends { readonly digest: string }>(
  json: unknown,
  make: (content: ProgramContent) => P,
): P {
  const parsed = programSchema.safeParse(json);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(
      `program: ${path.join(".") || "the whole"}: ${message}; write it again with JSON.stringify(program)`,
    );
  }
  const { model, evaluator, layers, digest, inputRange } = parsed.data;
  const parameters = checkParameters(parsed.data.parameters);
  selectLayers(model.layers, layers);
  const input = parsed.data.input === undefined ? undefined : readOutputSpec(parsed.data.input);
  const program = make(contentOf(parsed.data, { model, evaluator, parameters, layers, input, inputRange }));
  if (program.digest !== digest) throw changed("digest");
  const { checksum, ...rest } = json as ProgramJson;
  if (digestOf(rest) !== checksum) throw changed("checksum");
  return program;
}

const changed = (what: string) =>
  new InputError(
    `program: what is in it does not have the ${what} that stands in it: it was changed, or written by another version; ` +
      `compile the model again`,
  );

function contentOf(data: z.infer<typeof programSchema>, base: ProgramBase): ProgramContent {
  if (data.packing === "packed") {
    return { ...base, packing: data.packing, plan: planFromJson(data.plan, base) };
  }
  return { ...base, packing: data.packing, states: layerStates(base, { start: base.input }) };
}
