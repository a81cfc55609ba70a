import * as z from "zod";
import { countSchema, type TypeOf } from "../schema.js";

export const operationCountsSchema = z.object({
  rotate: countSchema,
  multiplyPlain: countSchema,
  multiply: countSchema,
  square: countSchema,
  relinearize: countSchema,
  rescale: countSchema,
  /** Additions of ciphertexts and of plaintexts. */
  add: countSchema,
});

/** How often each homomorphic operation ran. */
export interface OperationCounts extends TypeOf<typeof operationCountsSchema> {}

export type Operation = keyof OperationCounts;

export const noOperations: OperationCounts = Object.freeze({
  rotate: 0,
  multiplyPlain: 0,
  multiply: 0,
  square: 0,
  relinearize: 0,
  rescale: 0,
  add: 0,
});

/** What ran between two readings of an evaluator's counters. */
export function operationsBetween(before: OperationCounts, after: OperationCounts): OperationCounts {
  return combine(after, before, (x, y) => x - y);
}

/** The sum of two counts. */
export function operationsTogether(a: OperationCounts, b: OperationCounts): OperationCounts {
  return combine(a, b, (x, y) => x + y);
}

function combine(
  a: OperationCounts,
  b: OperationCounts,
  how: (x: number, y: number) => number,
): OperationCounts {
  const combined: Record<Operation, number> = { ...noOperations };
  for (const operation of Object.keys(combined) as Operation[]) {
    combined[operation] = how(a[operation], b[operation]);
  }
  return combined;
}
