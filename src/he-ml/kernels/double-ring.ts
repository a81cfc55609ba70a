import type { KernelMemory } from "./kernel-memory.js";
import type { DoubleKernels, IntegerKernels } from "./load-kernels.js";
import type { MultiplesBlock, MultiplesUnit, ResidueRing, RingConstant } from "./residue-ring.js";
import { twiddleFactors } from "./roots.js";

/** Primes below this are worked with in doubles. */
export const doublePrimeBound = 2n ** 52n;

/** Primes from here on leave doubles room for no more than a sum of two residues: all is reduced at every pass. */
const tightPrimeBound = 2n ** 50n;

/** Residues as doubles in ±p/2: exact, as long as multiplication and addition round once. */
export class DoubleRing implements ResidueRing {
  readonly kind = "f64";
  readonly #p: number;
  readonly #forward: number;
  readonly #backward: number;
  readonly #reductions: number;

  constructor(
    readonly prime: bigint,
    private readonly memory: KernelMemory,
    private readonly kernels: DoubleKernels,
    private readonly integers: IntegerKernels,
  ) {
    this.#p = Number(prime);
    const { forward, backward } = twiddleFactors(memory.n, prime);
    const pairs = (factors: readonly bigint[]) =>
      Float64Array.from(factors.flatMap((w) => this.constant(w) as [number, number]));
    this.#forward = memory.keep(pairs(forward));
    this.#backward = memory.keep(pairs(backward));
    this.#reductions = prime < tightPrimeBound ? reductionsOf(memory.n) : everyPass;
  }

  fromWords(to: number, words: BigUint64Array): void {
    this.memory.wordsAt(to).set(words);
    this.kernels.fromWords(to, to, this.memory.n, this.#p);
  }

  toWords(from: number): BigUint64Array {
    const words = this.memory.take();
    this.kernels.toWords(words, from, this.memory.n, this.#p);
    const copy = this.memory.wordsAt(words).slice();
    this.memory.give([words]);
    return copy;
  }

  factorFromWords(to: number, words: BigUint64Array): void {
    this.fromWords(to, words);
  }

  toFactor(to: number, a: number): void {
    if (to !== a) this.memory.copy(to, a);
  }

  fill(to: number, integer: bigint): void {
    this.memory.doublesAt(to).fill(Number(this.#balanced(integer)));
  }

  fillFactor(to: number, integer: bigint): void {
    this.fill(to, integer);
  }

  forward(a: number): void {
    this.kernels.forward(a, this.memory.n, this.#forward, this.#p, this.#reductions);
  }

  backward(a: number): void {
    this.kernels.backward(a, this.memory.n, this.#backward, this.#p);
  }

  add(to: number, a: number, b: number): void {
    this.kernels.add(to, a, b, this.memory.n, this.#p);
  }

  subtract(to: number, a: number, b: number): void {
    this.kernels.subtract(to, a, b, this.memory.n, this.#p);
  }

  permute(to: number, a: number, places: number): void {
    this.kernels.permute(to, a, places, this.memory.n);
  }

  addPermuted(to: number, a: number, places: number): void {
    this.kernels.addPermuted(to, a, places, this.memory.n, this.#p);
  }

  constant(value: bigint): RingConstant {
    const w = Number(this.#balanced(value));
    return [w, w / this.#p];
  }

  multiplyConstant(to: number, a: number, [w, ratio]: RingConstant): void {
    this.kernels.multiplyConstant(to, a, this.memory.n, w as number, ratio as number, this.#p);
  }

  sumOfProducts(to: number, as: readonly number[], factors: readonly number[]): void {
    const [a, f] = this.memory.lists(as, factors);
    this.kernels.sumOfProducts(to, a, f, as.length, this.memory.n, this.#p);
  }

  sumOfProductPairs(
    [to0, to1]: readonly [number, number],
    factors: readonly number[],
    as: readonly number[],
    bs: readonly number[],
  ): void {
    const [f, a, b] = this.memory.lists(factors, as, bs);
    this.kernels.sumOfProductPairs(to0, to1, f, a, b, factors.length, this.memory.n, this.#p);
  }

  addProductPair([to0, to1]: readonly [number, number], factor: number, a: number, b: number): void {
    this.kernels.addProductPair(to0, to1, factor, a, b, this.memory.n, this.#p);
  }

  multiplesUnit(value: bigint): MultiplesUnit {
    return [this.constant(value), this.constant(value << 25n)];
  }

  addMultiples(
    to: number,
    plus: number | undefined,
    { as, weights, count, from, bytes, scratch }: MultiplesBlock,
    [unit, high]: MultiplesUnit,
  ): void {
    this.kernels.addMultiples(
      to,
      plus ?? 0,
      as,
      weights,
      count,
      from,
      bytes,
      scratch,
      ...(unit as [number, number]),
      ...(high as [number, number]),
      this.#p,
    );
  }

  convert(to: number, from: number, other: ResidueRing, lift: boolean): void {
    const { n } = this.memory;
    if (other.kind === "f64") this.kernels.convert(to, from, n, Number(other.prime), this.#p, lift);
    else {
      const inverse = barrettInverse(this.prime);
      this.integers.convertToDoubles(to, from, n, other.prime, this.prime, inverse, lift);
    }
  }

  divideStep(to: number, a: number, b: number, [w, ratio]: RingConstant, plus = 0): void {
    this.kernels.divideStep(to, a, b, plus, this.memory.n, w as number, ratio as number, this.#p);
  }

  #balanced(value: bigint): bigint {
    const residue = ((value % this.prime) + this.prime) % this.prime;
    return residue > this.prime / 2n ? residue - this.prime : residue;
  }
}

/** ⌊(2^64 − 1) / p⌋, by which Barrett's reduction multiplies. */
export const barrettInverse = (p: bigint): bigint => (2n ** 64n - 1n) / p;

const everyPass = -1;

/**
 * Before which passes of the forward transform values are reduced, so that they stay below 4p: each level of butterflies
 * adds (1/2 + B/16)·p to a bound of B·p, and a pass is two levels. The last pass reduces nothing, and what it leaves must
 * stay below 3.4p, so that a reduced value less it stays below 4p.
 *
 * @returns bit m set: before the pass that starts with m blocks
 */
export function reductionsOf(n: number): number {
  const isOdd = Math.log2(n) % 2 === 1;
  const reduced = 0.501;
  const start = isOdd ? afterLevel(reduced, reduced) : reduced;
  const passes: number[] = [];
  for (let m = isOdd ? 2 : 1; m < n / 4; m *= 4) passes.push(m);
  // As few as do: the sets of passes, by their number.
  const sets = Array.from({ length: 2 ** passes.length }, (_, bits) =>
    passes.filter((_, i) => (bits >> i) & 1),
  );
  const fitting = sets
    .sort((a, b) => a.length - b.length)
    .find((set) => {
      let bound = start;
      for (const m of passes) {
        bound = afterPass(set.includes(m) ? reduced : bound, bound);
        if (bound === Infinity) return false;
      }
      return afterPass(bound, bound) < 3.4;
    });
  return fitting!.reduce((mask, m) => mask | m, 0);
}

/** Half of the values are added to, the others multiplied, which bounds their products by what they were. */
const afterLevel = (added: number, multiplied: number) => added + 1 / 2 + multiplied / 16;

/** @returns a bound after two levels, infinite where a value that is multiplied would reach 4 */
function afterPass(added: number, multiplied: number): number {
  const between = afterLevel(added, multiplied);
  return multiplied < 4 && between < 4 ? afterLevel(between, between) : Infinity;
}
