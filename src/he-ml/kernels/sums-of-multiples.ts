import { maxAbs } from "../tensor/tensor.js";
import { mostTerms } from "./kernel-memory.js";
import { signedDigits } from "./signed-digits.js";
import type { Residues, RnsRing } from "./rns-ring.js";

/** Σ aₖ·integerₖ of ciphertexts of two polynomials. */
export interface SumOfMultiples {
  readonly as: readonly (readonly Residues[])[];
  /** Integers of any size, as doubles; not all of them 0. */
  readonly integers: readonly number[];
}

/** Kernels add up multiples while the magnitudes of their integers stay below this in sum. */
const mostWeight = 2 ** 27;
/** Larger integers are cut into digits of at most half of 2^digitBits, which leaves room for three terms. */
const digitBits = 26;

/** Bytes of a block that all polynomials of some sums are read in: as many as half of a second cache of 1 MiB holds. */
const mostBlockBytes = 2 ** 19;
/** Of one polynomial: no more than what leaves sums in the first cache, no less than what memory is well read in. */
const [shortest, longest] = [1024, 4096];

/** Terms that kernels add up in one go. */
interface Pass {
  readonly sum: number;
  readonly as: readonly (readonly Residues[])[];
  readonly weights: readonly number[];
  /** Which digit of the integers the weights are. */
  readonly digit: number;
  /** Whether it is the first of its sum. */
  readonly isFirst: boolean;
}

/**
 * Several sums of multiples. Sums that share polynomials are worth asking for at once: they are worked out block by block, and
 * what is shared is read from memory once.
 *
 * @returns a ciphertext's two polynomials for each; the caller's to give back
 */
export function sumsOfMultiples(ring: RnsRing, sums: readonly SumOfMultiples[]): [number[], number[]][] {
  return ring.memory.attempt(() => {
    const level = sums[0].as[0][0].length;
    const results = sums.map((): [number[], number[]] => [ring.take(level), ring.take(level)]);
    const [scratch] = ring.memory.takeMany(1);
    for (const passes of inBatches(sums.flatMap(passesOf))) addUp(ring, passes, results, scratch);
    ring.memory.give([scratch]);
    return results;
  });
}

function addUp(
  ring: RnsRing,
  passes: readonly Pass[],
  results: readonly (readonly Residues[])[],
  scratch: number,
): void {
  const { n } = ring.memory;
  const weights = passes.flatMap((pass) => pass.weights);
  const polynomials = passes.flatMap((pass) => pass.as);
  const bytes = blockBytes(new Set(polynomials).size, n);
  const digits = Math.max(...passes.map(({ digit }) => digit)) + 1;
  const level = results[0][0].length;
  for (let i = 0; i < level; i++) {
    const modulo = ring.rings[i];
    const units = Array.from({ length: digits }, (_, digit) =>
      modulo.multiplesUnit(1n << BigInt(digit * digitBits)),
    );
    for (const k of [0, 1]) {
      const lists = ring.memory.terms(
        polynomials.map((polynomial) => polynomial[k][i]),
        weights,
      );
      for (let from = 0; from < 8 * n; from += bytes) {
        let at = 0;
        for (const { sum, weights, digit, isFirst } of passes) {
          const to = results[sum][k][i];
          const list = { as: lists.as + 4 * at, weights: lists.weights + 8 * at, count: weights.length };
          const plus = isFirst ? undefined : to;
          modulo.addMultiples(to, plus, { ...list, from, bytes, scratch }, units[digit]);
          at += weights.length;
        }
      }
    }
  }
}

/** A power of two that all polynomials of the block together fit into a cache with. */
function blockBytes(polynomials: number, n: number): number {
  const fitting = 2 ** Math.floor(Math.log2(mostBlockBytes / polynomials));
  return Math.min(Math.max(fitting, shortest), longest, 4 * n);
}

function passesOf({ as, integers }: SumOfMultiples, sum: number): Pass[] {
  const length = Math.log2(maxAbs(integers)) + 2;
  const count = Math.max(1, Math.ceil((length - 1) / digitBits));
  const digits = integers.map((integer) => signedDigits(integer, { bits: digitBits, count }));
  const passes: Pass[] = [];
  for (let digit = 0; digit < count; digit++) {
    let [terms, weights, total]: [(readonly Residues[])[], number[], number] = [[], [], 0];
    const finish = () => {
      if (weights.length > 0) passes.push({ sum, as: terms, weights, digit, isFirst: passes.length === 0 });
      [terms, weights, total] = [[], [], 0];
    };
    as.forEach((polynomials, k) => {
      const weight = digits[k][digit];
      if (weight === 0) return;
      if (total + Math.abs(weight) >= mostWeight || weights.length === mostTerms) finish();
      terms.push(polynomials);
      weights.push(weight);
      total += Math.abs(weight);
    });
    finish();
  }
  return passes;
}

/** As many passes at a time as there is room for in lists. */
function* inBatches(passes: readonly Pass[]): Generator<Pass[]> {
  let [batch, terms]: [Pass[], number] = [[], 0];
  for (const pass of passes) {
    if (terms + pass.weights.length > mostTerms) {
      yield batch;
      [batch, terms] = [[], 0];
    }
    batch.push(pass);
    terms += pass.weights.length;
  }
  yield batch;
}
