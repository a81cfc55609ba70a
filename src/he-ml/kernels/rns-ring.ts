import { DoubleRing, doublePrimeBound } from "./double-ring.js";
import { IntegerRing } from "./integer-ring.js";
import { KernelMemory } from "./kernel-memory.js";
import { loadKernels } from "./load-kernels.js";
import type { ResidueKind, ResidueRing, RingConstant } from "./residue-ring.js";
import { automorphismPlaces, inverseMod } from "./roots.js";

/** A transformed polynomial modulo the first primes of a chain: the address of each residue polynomial. */
export type Residues = readonly number[];

/**
 * As `Residues`, modulo the special prime too, which comes last: what key switching adds up before it divides by that prime.
 */
export type ExtendedResidues = readonly number[];

/** Of a key, for each digit both polynomials; of each the residue modulo data prime i at place i, and the special one last. */
export interface SwitchingKey {
  /** Data primes that may be left when it is used, at most. */
  readonly level: number;
  readonly digits: readonly (readonly [ExtendedResidues, ExtendedResidues])[];
}

export interface RnsRingOptions {
  /** Integers for every prime, where doubles would do: to compare. */
  readonly kind?: ResidueKind;
  /** Bytes of memory that may be taken. */
  readonly mostBytes?: number;
}

/**
 * Polynomials modulo X^n + 1 and a chain of primes, the last of which is special, in the residue number system: the
 * arithmetic of RNS-CKKS, without its keys and scales.
 *
 * @see Cheon, Han, Kim, Kim, Song, "A Full RNS Variant of Approximate Homomorphic Encryption", SAC 2018,
 *   https://eprint.iacr.org/2018/931
 */
export class RnsRing {
  readonly #places = new Map<number, number>();
  readonly #special: number;
  /** 1/pⱼ modulo pᵢ, at [j][i]. */
  readonly #inverses: readonly (readonly RingConstant[])[];

  private constructor(
    readonly memory: KernelMemory,
    readonly rings: readonly ResidueRing[],
  ) {
    this.#special = rings.length - 1;
    this.#inverses = rings.map(({ prime }) =>
      rings.map((ring) =>
        ring.constant(ring.prime === prime ? 0n : inverseMod(prime % ring.prime, ring.prime)),
      ),
    );
  }

  /**
   * @param primes data primes, then the special one; each ≡ 1 modulo 2n and below 2^60
   * @throws InputError if the kernels are not where they belong
   */
  static async open(
    n: number,
    primes: readonly bigint[],
    { kind, mostBytes }: RnsRingOptions = {},
  ): Promise<RnsRing> {
    const memory = new KernelMemory(n, mostBytes);
    const { integers, doubles } = await loadKernels(memory.memory);
    const rings = primes.map((prime) =>
      doubles && kind !== "i64" && prime < doublePrimeBound
        ? new DoubleRing(prime, memory, doubles, integers)
        : new IntegerRing(prime, memory, integers),
    );
    return new RnsRing(memory, rings);
  }

  /** The kinds of residues that are in use, by prime. */
  get kinds(): readonly ResidueKind[] {
    return this.rings.map(({ kind }) => kind);
  }

  /** Which primes a polynomial of so many residues is modulo: place i of `ExtendedResidues` at a level. */
  ringAt(level: number, i: number): ResidueRing {
    return this.rings[i === level ? this.#special : i];
  }

  take(level: number): number[] {
    return this.memory.takeMany(level);
  }

  copy(a: Residues): number[] {
    return a.map((from) => {
      const to = this.memory.take();
      this.memory.copy(to, from);
      return to;
    });
  }

  /** Words in SEAL's order, polynomial by polynomial, residue by residue. */
  fromWords(words: BigUint64Array, level: number): number[] {
    const { n } = this.memory;
    return this.take(level).map((to, i) => {
      this.rings[i].fromWords(to, words.subarray(i * n, (i + 1) * n));
      return to;
    });
  }

  toWords(a: Residues): BigUint64Array {
    const { n } = this.memory;
    const words = new BigUint64Array(a.length * n);
    a.forEach((from, i) => words.set(this.rings[i].toWords(from), i * n));
    return words;
  }

  /** Where X ↦ X^element finds values, as kernels read it; made once. */
  places(element: number): number {
    const known = this.#places.get(element);
    if (known !== undefined) return known;
    const table = this.memory.keep(automorphismPlaces(this.memory.n, element));
    this.#places.set(element, table);
    return table;
  }

  permuted(a: Residues, element: number): number[] {
    const places = this.places(element);
    return a.map((from, i) => {
      const to = this.memory.take();
      this.rings[i].permute(to, from, places);
      return to;
    });
  }

  /**
   * The digits of a polynomial: of each residue polynomial its residues modulo all primes of the level and the special one.
   * Digit j modulo prime j is the residue polynomial itself, not a copy; `giveDigits` takes the others back.
   *
   * @param lift whether digits are taken in [0, q), as SEAL takes them, rather than in ±q/2, which halves the noise
   */
  digits(a: Residues, lift: boolean): number[][] {
    const level = a.length;
    const coefficients = this.memory.take();
    const digits = a.map((from, j) => {
      this.memory.copy(coefficients, from);
      this.rings[j].backward(coefficients);
      return Array.from({ length: level + 1 }, (_, i) => {
        if (i === j) return from;
        const ring = this.ringAt(level, i);
        const to = this.memory.take();
        ring.convert(to, coefficients, this.rings[j], lift);
        ring.forward(to);
        return to;
      });
    });
    this.memory.give([coefficients]);
    return digits;
  }

  giveDigits(digits: readonly ExtendedResidues[]): void {
    digits.forEach((digit, j) => this.memory.give(digit.filter((_, i) => i !== j)));
  }

  /** Σ digitⱼ · keyⱼ, both polynomials. */
  switchKey(digits: readonly ExtendedResidues[], key: SwitchingKey): [number[], number[]] {
    const level = digits.length;
    const sums: [number[], number[]] = [this.take(level + 1), this.take(level + 1)];
    for (let i = 0; i <= level; i++) {
      const place = i === level ? key.level : i;
      this.ringAt(level, i).sumOfProductPairs(
        [sums[0][i], sums[1][i]],
        digits.map((digit) => digit[i]),
        key.digits.slice(0, level).map(([a]) => a[place]),
        key.digits.slice(0, level).map(([, b]) => b[place]),
      );
    }
    return sums;
  }

  /**
   * Both polynomials that stand for a·(what the key leads from), each with what is added to it.
   *
   * @param lift as in `digits`
   */
  keySwitched(a: Residues, key: SwitchingKey, plus: readonly Residues[], lift: boolean): number[][] {
    const digits = this.digits(a, lift);
    const sums = this.switchKey(digits, key);
    this.giveDigits(digits);
    return sums.map((sum, i) => this.divideBySpecial(sum, plus[i]));
  }

  /** ⌊a / special prime⌉ + plus. Uses `a` up. */
  divideBySpecial(a: ExtendedResidues, plus?: Residues): number[] {
    const level = a.length - 1;
    const quotient = this.#divide(a.slice(0, level), a[level], this.#special, plus);
    this.memory.give(a);
    return quotient;
  }

  /** ⌊a / last prime⌉, of one residue fewer. Leaves `a` as it is. */
  divideByLast(a: Residues): number[] {
    const last = a.length - 1;
    const remainder = this.copy([a[last]])[0];
    const quotient = this.#divide(a.slice(0, last), remainder, last);
    this.memory.give([remainder]);
    return quotient;
  }

  /** @param remainder modulo the divisor, transformed; used up */
  #divide(a: Residues, remainder: number, divisor: number, plus?: Residues): number[] {
    const from = this.rings[divisor];
    from.backward(remainder);
    const rest = this.memory.take();
    const quotient = a.map((residue, i) => {
      const ring = this.rings[i];
      const to = this.memory.take();
      ring.convert(rest, remainder, from, false);
      ring.forward(rest);
      ring.divideStep(to, residue, rest, this.#inverses[divisor][i], plus?.[i]);
      return to;
    });
    this.memory.give([rest]);
    return quotient;
  }
}
