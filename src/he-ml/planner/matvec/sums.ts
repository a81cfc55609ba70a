import { rotationMilliseconds, type RotationCosts, type RotationCounts } from "./rotation-costs.js";

/** Rotations of a ciphertext that are added to it: x ← x + Σ rotate(x, step). */
export type RotateAndSum = readonly number[];

/** Adds up blocks that lie `distance` apart, in the first of them: of 4 blocks first neighbours, then pairs. */
export function foldBlocks(blocks: number, distance: number): RotateAndSum[] {
  const folds: RotateAndSum[] = [];
  for (let summed = 1; summed < blocks; summed *= 2) folds.push([summed * distance]);
  return folds;
}

/** Rotations of one ciphertext that sums take. */
export const rotationsOfSums = (sums: readonly RotateAndSum[]) =>
  sums.reduce((total, steps) => total + steps.length, 0);

/** Rotations that sums take, of so many ciphertexts each; all steps of one sum share what rotations can share. */
export function countsOfSums(sums: readonly RotateAndSum[], ciphertexts: number): RotationCounts {
  const rotations = ciphertexts * rotationsOfSums(sums);
  const shared = ciphertexts * sums.length;
  return { rotations, decompositions: shared, modDowns: shared };
}

/**
 * Steps that are worth being summed at once. Each takes a key of its own: four blocks take three steps in place of twice one,
 * for about seven tenths of the time; eight blocks at once would take seven in place of four, and save a tenth more.
 */
const mostSteps = 3;

/**
 * The same sums, with neighbours made one where that is cheaper: x + rotate(x, a), and then the same with b, comes to
 * x + rotate(x, a) + rotate(x, b) + rotate(x, a + b), a rotation more that shares what it can.
 *
 * @param slots around the end of which steps go
 * @example mergedSums([[4], [2]], 8, { decompose: 1, innerProduct: 0.1, modDown: 1 }) // [[4, 2, 6]]
 */
export function mergedSums(
  sums: readonly RotateAndSum[],
  slots: number,
  costs: RotationCosts,
): readonly RotateAndSum[] {
  const cost = (list: readonly RotateAndSum[]) => rotationMilliseconds(costs, countsOfSums(list, 1));
  const merged: RotateAndSum[] = [];
  for (const next of sums) {
    const last = merged.at(-1);
    const isShort = last && stepsTogether(last, next) <= mostSteps;
    const both = isShort && together(last, next, slots);
    if (both && cost([both]) < cost([last, next])) merged.splice(-1, 1, both);
    else merged.push(next);
  }
  return merged;
}

const stepsTogether = (first: RotateAndSum, second: RotateAndSum) =>
  first.length + second.length + first.length * second.length;

/** Both sums in one; undefined where two steps go once around and meet x itself. */
function together(first: RotateAndSum, second: RotateAndSum, slots: number): RotateAndSum | undefined {
  const steps = [...first, ...second, ...first.flatMap((a) => second.map((b) => (a + b) % slots))];
  return steps.includes(0) ? undefined : steps;
}
