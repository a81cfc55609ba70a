import * as z from "zod";
import { requireArgument } from "../../arguments.js";
import { defaultEvaluator, kernelPrimes, type EvaluatorKind } from "../../crypto/evaluator-kind.js";
import type { OperationCounts } from "../../crypto/operation-counts.js";
import type { CkksParameters } from "../../crypto/parameters.js";
import type { TypeOf } from "../../schema.js";
import type { TransformCounts } from "../matvec/linear-transform.js";
import { rotationMilliseconds, type RotationCosts, type RotationCounts } from "../matvec/rotation-costs.js";

const byLevel = z.array(z.number());

export const primitiveCostsSchema = z.object({
  polyModulusDegree: z.int(),
  rotate: byLevel,
  /** The part of a rotation that all rotations of one ciphertext share; 0 where they share nothing. */
  decompose: byLevel,
  /** The part of a rotation that rotations share whose results are added up; 0 where they share nothing. */
  modDown: byLevel,
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

/** What operations cost, by degree and data primes, where all primes suit the evaluator. */
export type PlanningCosts = (
  polyModulusDegree: number,
  levels: number,
  evaluator: EvaluatorKind,
) => PrimitiveCosts;

export type CostlyOperation = Exclude<keyof PrimitiveCosts, "polyModulusDegree">;

/** The operations that have costs, each once. */
export const costlyOperations = Object.keys(primitiveCostsSchema.shape).filter(
  (name): name is CostlyOperation => name !== "polyModulusDegree",
);

/** Costs of all operations by what each of them costs. */
export function costsOf(
  polyModulusDegree: number,
  costOf: (operation: CostlyOperation) => readonly number[],
): PrimitiveCosts {
  const costs = Object.fromEntries(costlyOperations.map((operation) => [operation, costOf(operation)]));
  return { polyModulusDegree, ...(costs as Record<CostlyOperation, readonly number[]>) };
}

/** Milliseconds at N = 8192 with so many data primes left. */
type TypicalCosts = Readonly<Record<CostlyOperation, (level: number) => number>>;

const sealKeySwitch = (level: number) => 0.195 * (level + 1) * (level + 2);
/** node-seal 7.0.0 in WASM on one core of a cloud machine. */
const typicalOfSeal: TypicalCosts = {
  rotate: sealKeySwitch,
  decompose: () => 0,
  modDown: () => 0,
  relinearize: sealKeySwitch,
  square: (level) => 0.2 * level,
  multiplyPlain: (level) => 0.145 * level,
  add: (level) => 0.013 * level,
  rescale: (level) => (level === 1 ? 0 : 0.34 * level),
};

const kernelDecompose = (level: number) => 0.033 * level * (level + 1);
const kernelInnerProduct = (level: number) => 0.0108 * level * (level + 1);
const kernelModDown = (level: number) => 0.073 * (level + 1);
const kernelKeySwitch = (level: number) =>
  kernelDecompose(level) + kernelInnerProduct(level) + kernelModDown(level);
/** The library's own kernels in WASM on such a core, with all primes small enough to be fast. */
const typicalOfKernel: TypicalCosts = {
  rotate: kernelKeySwitch,
  decompose: kernelDecompose,
  modDown: kernelModDown,
  relinearize: kernelKeySwitch,
  square: (level) => 0.029 * level,
  multiplyPlain: (level) => 0.0095 * level,
  add: (level) => 0.0055 * level,
  rescale: (level) => (level === 1 ? 0 : 0.073 * level),
};

/**
 * Typical costs where none were measured, as at N = 8192. With l data primes left a key switch takes (l + 1)·(l + 2)
 * number-theoretic transforms: l·(l + 1) to decompose into digits and 2·(l + 1) to divide by the special prime; its inner
 * product takes 2·l·(l + 1) products of polynomials. Everything else grows with l, and all of it with N·log N.
 */
export function typicalCosts(
  polyModulusDegree: number,
  levels: number,
  evaluator: EvaluatorKind = defaultEvaluator,
): PrimitiveCosts {
  for (const [name, value] of Object.entries({ polyModulusDegree, levels })) {
    const isRight = Number.isInteger(value) && value > 0 && value <= 2 ** 20;
    requireArgument(`typicalCosts: ${name}`, isRight, "a whole number above 0", value);
  }
  const size = (polyModulusDegree * Math.log2(polyModulusDegree)) / (8192 * 13);
  const typical = evaluator === "kernel" ? typicalOfKernel : typicalOfSeal;
  return costsOf(polyModulusDegree, (operation) =>
    Array.from({ length: levels }, (_, i) => size * typical[operation](i + 1)),
  );
}

/**
 * Costs on a chain of these primes, from those on a chain that suits the evaluator best: the kernel evaluator's operations
 * take longer with each prime that leaves doubles less room, or none; key switches with the special prime, too.
 */
export function costsOnChain(
  costs: PrimitiveCosts,
  coeffModulusBits: readonly number[],
  evaluator: EvaluatorKind,
): PrimitiveCosts {
  if (evaluator === "seal") return costs;
  const factors = coeffModulusBits.map(
    (bits) => kernelPrimes.find(({ mostBits }) => bits <= mostBits)!.factor,
  );
  const special = factors.at(-1)!;
  const mean = (list: readonly number[]) => list.reduce((sum, factor) => sum + factor, 0) / list.length;
  const switchesKeys: readonly CostlyOperation[] = ["rotate", "decompose", "modDown", "relinearize"];
  return costsOf(costs.polyModulusDegree, (operation) =>
    costs[operation].map((cost, i) => {
      const data = factors.slice(0, i + 1);
      return cost * mean(switchesKeys.includes(operation) ? [...data, special] : data);
    }),
  );
}

/** Typical costs under parameters, whatever their primes. */
export function typicalCostsUnder(
  { polyModulusDegree, levels, coeffModulusBits }: CkksParameters,
  evaluator: EvaluatorKind,
): PrimitiveCosts {
  return costsOnChain(typicalCosts(polyModulusDegree, levels, evaluator), coeffModulusBits, evaluator);
}

/** What the parts of a rotation cost at a level. */
export function rotationCosts(costs: PrimitiveCosts, level: number): RotationCosts {
  const [rotate, decompose, modDown] = [costs.rotate, costs.decompose, costs.modDown].map(
    (at) => at[level - 1],
  );
  return { decompose, innerProduct: rotate - decompose - modDown, modDown };
}

/** Milliseconds of a linear transform's rotations and products at one level. */
export function transformMilliseconds(costs: PrimitiveCosts, level: number, counts: TransformCounts): number {
  return (
    rotationMilliseconds(rotationCosts(costs, level), counts) +
    counts.products * costs.multiplyPlain[level - 1]
  );
}

/**
 * Milliseconds that operations take at one level; the additions of products are in their own cost.
 *
 * @param shared how many decompositions and divisions the rotations take together; one each for every rotation if left out
 */
export function millisecondsOf(
  costs: PrimitiveCosts,
  level: number,
  ops: OperationCounts,
  shared: Omit<RotationCounts, "rotations"> = { decompositions: ops.rotate, modDowns: ops.rotate },
): number {
  const at = (byLevel: readonly number[]) => byLevel[level - 1];
  const additions = Math.max(0, ops.add - ops.multiplyPlain);
  return (
    rotationMilliseconds(rotationCosts(costs, level), { ...shared, rotations: ops.rotate }) +
    ops.relinearize * at(costs.relinearize) +
    (ops.square + ops.multiply) * at(costs.square) +
    ops.multiplyPlain * at(costs.multiplyPlain) +
    additions * at(costs.add) +
    ops.rescale * at(costs.rescale)
  );
}
