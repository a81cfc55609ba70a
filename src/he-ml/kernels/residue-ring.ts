import { InputError } from "../errors.js";

/** How residues are kept: as doubles, for primes below 2^50, or as 64-bit integers. */
export type ResidueKind = "f64" | "i64";

/**
 * Polynomials modulo X^n + 1 and one prime, in the kernels' memory: addresses go in, results are written where the first
 * argument says, which may be where an operand is. "Transformed" polynomials are values at the roots of X^n + 1 in SEAL's
 * order; `forward` and `backward` lead from coefficients to them and back.
 */
export interface ResidueRing {
  readonly kind: ResidueKind;
  readonly prime: bigint;
  /** Takes in words in [0, prime), as SEAL keeps them. */
  fromWords(to: number, words: BigUint64Array): void;
  /** Gives them back. */
  toWords(from: number): BigUint64Array;
  /** Takes in words as what others are multiplied by in sums of products. */
  factorFromWords(to: number, words: BigUint64Array): void;
  /** A transformed polynomial as what others are multiplied by; the same where there is no difference. */
  toFactor(to: number, a: number): void;
  /** The same integer at every root: a constant polynomial. */
  fill(to: number, integer: bigint): void;
  /** As `fill`, as what others are multiplied by. */
  fillFactor(to: number, integer: bigint): void;
  forward(a: number): void;
  backward(a: number): void;
  add(to: number, a: number, b: number): void;
  subtract(to: number, a: number, b: number): void;
  permute(to: number, a: number, places: number): void;
  /** to ← to + a, permuted. */
  addPermuted(to: number, a: number, places: number): void;
  multiplyConstant(to: number, a: number, constant: RingConstant): void;
  constant(value: bigint): RingConstant;
  /** to ← Σ aₖ·fₖ. */
  sumOfProducts(to: number, as: readonly number[], factors: readonly number[]): void;
  /** to0 ← Σ fₖ·aₖ, to1 ← Σ fₖ·bₖ. */
  sumOfProductPairs(
    to: readonly [number, number],
    factors: readonly number[],
    as: readonly number[],
    bs: readonly number[],
  ): void;
  /** to0 ← to0 + f·a, to1 ← to1 + f·b. */
  addProductPair(to: readonly [number, number], factor: number, a: number, b: number): void;
  /** A constant that sums of multiples are multiplied by. */
  multiplesUnit(value: bigint): MultiplesUnit;
  /** to ← plus + unit · Σ aₖ·wₖ of a block of coefficients, with Σ |wₖ| < 2^27. */
  addMultiples(to: number, plus: number | undefined, block: MultiplesBlock, unit: MultiplesUnit): void;
  /**
   * Residues of coefficients modulo another prime.
   *
   * @param lift whether these are taken in [0, q), as SEAL takes them, rather than in ±q/2
   */
  convert(to: number, from: number, other: ResidueRing, lift: boolean): void;
  /** to ← (a − b)·constant + plus. */
  divideStep(to: number, a: number, b: number, constant: RingConstant, plus?: number): void;
}

/** The constant itself, and times what the upper halves of residues are multiples of. */
export type MultiplesUnit = readonly [RingConstant, RingConstant];

/** Which multiples are added up. */
export interface MultiplesBlock {
  /** Where a list of polynomials' addresses and one of weights lie: see `KernelMemory.terms`. */
  readonly as: number;
  readonly weights: number;
  readonly count: number;
  /** Where the block begins and how long it is, in bytes: multiples of 16. */
  readonly from: number;
  readonly bytes: number;
  /** Room for twice as many bytes. */
  readonly scratch: number;
}

/** A constant as a ring's kernels take it: the number and a quotient that is worked out beforehand. */
export type RingConstant = readonly [number | bigint, number | bigint];

/**
 * @param kinds by prime, how others keep residues
 * @throws InputError unless these keep them so, too
 */
export function requireKinds(rings: readonly ResidueRing[], kinds: readonly ResidueKind[]): void {
  const own = rings.map(({ kind }) => kind);
  if (own.join() === kinds.join()) return;
  throw new InputError(
    `kernels: expected residues as ${kinds.join(", ")} in each thread, got ${own.join(", ")} in one, which could not load all ` +
      `files; see that doubles.wasm, doubles-shared.wasm, integers.wasm and integers-shared.wasm are there, and start again`,
  );
}
