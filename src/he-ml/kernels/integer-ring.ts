import { barrettInverse } from "./double-ring.js";
import type { KernelMemory } from "./kernel-memory.js";
import type { IntegerKernels } from "./load-kernels.js";
import type { MultiplesBlock, MultiplesUnit, ResidueRing, RingConstant } from "./residue-ring.js";
import { twiddleFactors } from "./roots.js";

/** Factors of products are kept times this (Montgomery form). */
const montgomeryRadix = 2n ** 60n;

/** Residues as 64-bit integers in [0, p), for primes below 2^60: for those that doubles do not hold. */
export class IntegerRing implements ResidueRing {
  readonly kind = "i64";
  readonly #forward: number;
  readonly #backward: number;
  readonly #inverse: bigint;
  readonly #negated: bigint;
  readonly #radix: RingConstant;

  constructor(
    readonly prime: bigint,
    private readonly memory: KernelMemory,
    private readonly kernels: IntegerKernels,
  ) {
    const { forward, backward } = twiddleFactors(memory.n, prime);
    const pairs = (factors: readonly bigint[]) =>
      BigUint64Array.from(factors.flatMap((w) => this.constant(w) as [bigint, bigint]));
    this.#forward = memory.keep(pairs(forward));
    this.#backward = memory.keep(pairs(backward));
    this.#inverse = barrettInverse(prime);
    this.#negated = montgomeryRadix - inverseModPowerOfTwo(prime);
    this.#radix = this.constant(montgomeryRadix);
  }

  fromWords(to: number, words: BigUint64Array): void {
    this.memory.wordsAt(to).set(words);
  }

  toWords(from: number): BigUint64Array {
    return this.memory.wordsAt(from).slice();
  }

  factorFromWords(to: number, words: BigUint64Array): void {
    this.fromWords(to, words);
    this.toFactor(to, to);
  }

  toFactor(to: number, a: number): void {
    this.multiplyConstant(to, a, this.#radix);
  }

  fill(to: number, integer: bigint): void {
    this.memory.wordsAt(to).fill(this.#residue(integer));
  }

  fillFactor(to: number, integer: bigint): void {
    this.fill(to, integer * montgomeryRadix);
  }

  forward(a: number): void {
    this.kernels.forward(a, this.memory.n, this.#forward, this.prime);
  }

  backward(a: number): void {
    this.kernels.backward(a, this.memory.n, this.#backward, this.prime);
  }

  add(to: number, a: number, b: number): void {
    this.kernels.add(to, a, b, this.memory.n, this.prime);
  }

  subtract(to: number, a: number, b: number): void {
    this.kernels.subtract(to, a, b, this.memory.n, this.prime);
  }

  permute(to: number, a: number, places: number): void {
    this.kernels.permute(to, a, places, this.memory.n);
  }

  addPermuted(to: number, a: number, places: number): void {
    this.kernels.addPermuted(to, a, places, this.memory.n, this.prime);
  }

  constant(value: bigint): RingConstant {
    const w = this.#residue(value);
    return [w, (w << 64n) / this.prime];
  }

  multiplyConstant(to: number, a: number, [w, quotient]: RingConstant): void {
    this.kernels.multiplyConstant(to, a, this.memory.n, w as bigint, quotient as bigint, this.prime);
  }

  sumOfProducts(to: number, as: readonly number[], factors: readonly number[]): void {
    const [a, f] = this.memory.lists(as, factors);
    this.kernels.sumOfProducts(to, a, f, as.length, this.memory.n, this.prime, this.#negated);
  }

  sumOfProductPairs(
    [to0, to1]: readonly [number, number],
    factors: readonly number[],
    as: readonly number[],
    bs: readonly number[],
  ): void {
    const [f, a, b] = this.memory.lists(factors, as, bs);
    const { n } = this.memory;
    this.kernels.sumOfProductPairs(to0, to1, f, a, b, factors.length, n, this.prime, this.#negated);
  }

  addProductPair([to0, to1]: readonly [number, number], factor: number, a: number, b: number): void {
    this.kernels.addProductPair(to0, to1, factor, a, b, this.memory.n, this.prime, this.#negated);
  }

  multiplesUnit(value: bigint): MultiplesUnit {
    return [this.constant(value), this.constant(value << 30n)];
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
      ...(unit as [bigint, bigint]),
      ...(high as [bigint, bigint]),
      this.prime,
      this.#inverse,
    );
  }

  convert(to: number, from: number, other: ResidueRing, lift: boolean): void {
    const { n } = this.memory;
    if (other.kind === "f64") {
      this.kernels.convertDoubles(to, from, n, Number(other.prime), this.prime, this.#inverse, lift);
    } else {
      this.kernels.convert(to, from, n, other.prime, this.prime, this.#inverse, lift);
    }
  }

  divideStep(to: number, a: number, b: number, [w, quotient]: RingConstant, plus = 0): void {
    this.kernels.divideStep(to, a, b, plus, this.memory.n, w as bigint, quotient as bigint, this.prime);
  }

  #residue(value: bigint): bigint {
    return ((value % this.prime) + this.prime) % this.prime;
  }
}

/** 1/p modulo 2^60, by Newton's iteration. */
function inverseModPowerOfTwo(p: bigint): bigint {
  let inverse = 1n;
  for (let bits = 1; bits < 60; bits *= 2) inverse = BigInt.asUintN(60, inverse * (2n - p * inverse));
  return inverse;
}
