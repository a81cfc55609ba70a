import * as z from "zod";
import { requireArgument } from "../arguments.js";
import { bytesSchema, type TypeOf } from "../schema.js";
import { rotationKeySchema } from "./rotation-keys.js";

export const evaluationKeysSchema = z.strictObject({
  publicKey: bytesSchema,
  /** For products of ciphertexts; a server that makes none needs none. */
  relinKeys: bytesSchema.optional(),
  /** For the rotations of a plan; layer by layer nothing is rotated. */
  rotationKeys: z.array(rotationKeySchema).optional(),
});

/** What a client hands to a server so that it can compute: SEAL's serialised keys, seeded and uncompressed. */
export interface EvaluationKeys extends TypeOf<typeof evaluationKeysSchema> {}

/** Bytes that travel with evaluation keys. @throws InputError if they are none */
export function keyBytes(keys: EvaluationKeys): number {
  requireKeys("keyBytes", keys);
  const { publicKey, relinKeys, rotationKeys = [] } = keys;
  return rotationKeys.reduce(
    (sum, { bytes }) => sum + bytes.length,
    publicKey.length + (relinKeys?.length ?? 0),
  );
}

/** @throws InputError unless they have the form of evaluation keys */
function requireKeys(operation: string, keys: unknown): asserts keys is EvaluationKeys {
  const isRight = evaluationKeysSchema.safeParse(keys).success;
  requireArgument(operation, isRight, "evaluation keys; take them as exportEvaluationKeys gives them", keys);
}
