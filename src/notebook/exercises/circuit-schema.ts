import * as z from "zod";
import type { TypeOf } from "../../he-ml/schema.js";

/** More than any exercise needs; a circuit is replayed by whoever judges. */
export const mostOperations = 4096;

const position = z.int().min(0);
const values = z.union([z.number(), z.array(z.number()).max(8192)]);

const operationSchema = z.discriminatedUnion("op", [
  z.strictObject({ op: z.enum(["add", "sub", "multiply"]), a: position, b: position }),
  z.strictObject({ op: z.enum(["relinearize", "rescale", "modSwitch", "conjugate"]), a: position }),
  z.strictObject({ op: z.literal("rotate"), a: position, step: z.int() }),
  z.strictObject({ op: z.literal("addPlain"), a: position, values }),
  z.strictObject({
    op: z.literal("multiplyPlain"),
    a: position,
    values,
    scale: z.number().positive().optional(),
  }),
]);

export const circuitSchema = z.strictObject({
  operations: z.array(operationSchema).max(mostOperations),
  output: position,
});

/**
 * What a student's function did, as JSON: ciphertexts are numbered, first the inputs, then the result of each operation.
 */
export interface Circuit extends TypeOf<typeof circuitSchema> {}
export type CircuitOperation = Circuit["operations"][number];
