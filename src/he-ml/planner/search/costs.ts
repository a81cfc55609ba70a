import * as z from "zod";
import type { OperationCounts } from "../../crypto/operation-counts.js";
import type { TypeOf } from "../../schema.js";

const byLevel = z.array(z.number());

export const primitiveCostsSchema = z.object({
  polyModulusDegree: z.int(),
  rotate: byLevel,
  relinearize: byLevel,
  square: byLevel,
  /** A product with a plaintext, and its addition to a sum. */
  multiplyPlain: byLevel,
  add: byLevel,
  /** From so many primes to one fewer; 0 at the first place. */
  rescale: byLevel,
});

/** Milliseconds of each operation, by data primes left: `rotate[0]` with one, `rotate[1]` with two, and so on. */
export interface PrimitiveCosts extends TypeOf<typeof primitiveCostsSchema> {}

/**
 * Typical costs where none were measured: node-seal 7.0.0 in WASM on one core of a cloud machine, at N = 8192. A key
 * switch takes (l + 1)·(l + 2) number-theoretic transforms with l data primes left, everything else grows with l, and all
 * of it with N·log N.
 */
export function typicalCosts(polyModulusDegree: number, levels: number): PrimitiveCosts {
  const size = (polyModulusDegree * Math.log2(polyModulusDegree)) / (8192 * 13);
  const atLevels = (cost: (level: number) => number) =>
    Array.from({ length: levels }, (_, i) => size * cost(i + 1));
  const keySwitch = atLevels((level) => 0.195 * (level + 1) * (level + 2));
  return {
    polyModulusDegree,
    rotate: keySwitch,
    relinearize: keySwitch,
    square: atLevels((level) => 0.2 * level),
    multiplyPlain: atLevels((level) => 0.145 * level),
    add: atLevels((level) => 0.013 * level),
    rescale: atLevels((level) => (level === 1 ? 0 : 0.34 * level)),
  };
}

/** Milliseconds that operations take at one level; the additions of products are in their own cost. */
export function millisecondsOf(costs: PrimitiveCosts, level: number, ops: OperationCounts): number {
  const at = (byLevel: readonly number[]) => byLevel[level - 1];
  const additions = Math.max(0, ops.add - ops.multiplyPlain);
  return (
    ops.rotate * at(costs.rotate) +
    ops.relinearize * at(costs.relinearize) +
    (ops.square + ops.multiply) * at(costs.square) +
    ops.multiplyPlain * at(costs.multiplyPlain) +
    additions * at(costs.add) +
    ops.rescale * at(costs.rescale)
  );
}
