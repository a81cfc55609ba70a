import { AbsentRing, elsewhere } from "./absent-ring.js";
import { DoubleRing, doublePrimeBound } from "./double-ring.js";
import { Exchange } from "./exchange.js";
import { IntegerRing } from "./integer-ring.js";
import { KernelMemory } from "./kernel-memory.js";
import { loadKernels } from "./load-kernels.js";
import { requireKinds, type ResidueKind, type ResidueRing, type RingConstant } from "./residue-ring.js";
import type { RingTeam } from "./ring-team.js";
import { automorphismPlaces, inverseMod } from "./roots.js";

/**
 * A transformed polynomial modulo the first primes of a chain: the address of each residue polynomial, `elsewhere` for those
 * that another member of a team holds.
 */
export type Residues = readonly number[];

/** As `Residues`, modulo the special prime too, which comes last: what key switching adds up before it divides by it. */
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
  /** By prime, how others keep residues with whom they are exchanged as they are. */
  readonly kinds?: readonly ResidueKind[];
  /** Bytes of memory that may be taken. */
  readonly mostBytes?: number;
  /**
   * Threads that compute together, each the residues modulo some of the primes. All must call the same operations in the same
   * order, but for those that only take things in.
   */
  readonly team?: RingTeam;
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
  /** Between the members of a team. */
  readonly exchange: Exchange;

  private constructor(
    readonly memory: KernelMemory,
    readonly rings: readonly ResidueRing[],
    team: RingTeam | undefined,
  ) {
    this.#special = rings.length - 1;
    this.exchange = new Exchange(memory, rings.length, team);
    this.#inverses = rings.map(({ prime }) =>
      rings.map((ring) =>
        ring.constant(ring.prime === prime ? 0n : inverseMod(prime % ring.prime, ring.prime)),
      ),
    );
  }

  /**
   * @param primes data primes, then the special one; each ≡ 1 modulo 2n and below 2^60
   * @throws InputError if the kernels are not where they belong, or would not keep residues as others do
   */
  static async open(
    n: number,
    primes: readonly bigint[],
    { kind, kinds, mostBytes, team }: RnsRingOptions = {},
  ): Promise<RnsRing> {
    const memory = new KernelMemory(n, mostBytes, team?.shared);
    const { integers, doubles } = await loadKernels(memory.memory, team !== undefined);
    const rings = primes.map((prime, i) => {
      const onDoubles = doubles && kind !== "i64" && prime < doublePrimeBound;
      if (team && i < primes.length - 1 && i % team.size !== team.rank)
        return new AbsentRing(prime, onDoubles ? "f64" : "i64");
      return onDoubles
        ? new DoubleRing(prime, memory, doubles, integers)
        : new IntegerRing(prime, memory, integers);
    });
    if (kinds) requireKinds(rings, kinds);
    return new RnsRing(memory, rings, team);
  }

  /** The kinds of residues that are in use, by prime. */
  get kinds(): readonly ResidueKind[] {
    return this.rings.map(({ kind }) => kind);
  }

  /** Which primes a polynomial of so many residues is modulo: place i of `ExtendedResidues` at a level. */
  ringAt(level: number, i: number): ResidueRing {
    return this.rings[i === level ? this.#special : i];
  }

  /** Room for a polynomial at a level, of unknown content. */
  take(level: number): number[] {
    return Array.from({ length: level }, (_, i) => this.#takeAt(i));
  }

  /** As `take`, for one residue more, modulo the special prime, if it is held here. */
  takeExtended(level: number, holdsSpecial = true): number[] {
    return [...this.take(level), holdsSpecial ? this.memory.take() : elsewhere];
  }

  /** Room for as many residues as another polynomial has. */
  takeLike(a: Residues | ExtendedResidues): number[] {
    return a.map((residue) => (residue === elsewhere ? elsewhere : this.memory.take()));
  }

  #takeAt(i: number): number {
    return this.rings[i] instanceof AbsentRing ? elsewhere : this.memory.take();
  }

  /** Those that this member of a team holds: all, if there is none. */
  held(a: Residues): Residues {
    return a.filter((residue) => residue !== elsewhere);
  }

  copy(a: Residues): number[] {
    const copied = this.takeLike(a);
    copied.forEach((to, i) => {
      if (to !== elsewhere) this.memory.copy(to, a[i]);
    });
    return copied;
  }

  /** Words in SEAL's order, polynomial by polynomial, residue by residue. */
  fromWords(words: BigUint64Array, level: number): number[] {
    const { n } = this.memory;
    return this.take(level).map((to, i) => {
      this.rings[i].fromWords(to, words.subarray(i * n, (i + 1) * n));
      return to;
    });
  }

  /** As `fromWords`, of words that one member of a team has: what is random, or what that one took in for all. */
  fromWordsOf(rank: number, words: BigUint64Array, level: number): number[] {
    const { team } = this.exchange;
    if (!team) return this.fromWords(words, level);
    const { n } = this.memory;
    const places = this.exchange.begin().slice(0, level);
    if (team.rank === rank) {
      places.forEach((place, i) => this.memory.wordsAt(place).set(words.subarray(i * n, (i + 1) * n)));
    }
    team.put();
    team.await(rank);
    return this.take(level).map((to, i) => {
      this.rings[i].fromWords(to, this.memory.wordsAt(places[i]));
      return to;
    });
  }

  toWords(a: Residues): BigUint64Array {
    const { n } = this.memory;
    const places = this.exchange.begin();
    a.forEach((from, i) => {
      if (from === elsewhere) return;
      const words = this.rings[i].toWords(from);
      this.memory.wordsAt(places[i]).set(words);
    });
    this.exchange.put();
    const words = new BigUint64Array(a.length * n);
    a.forEach((_, i) => {
      this.exchange.await(i);
      words.set(this.memory.wordsAt(places[i]), i * n);
    });
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
    const permuted = this.takeLike(a);
    permuted.forEach((to, i) => this.rings[i].permute(to, a[i], places));
    return permuted;
  }

  /**
   * The digits of a polynomial: of each residue polynomial its residues modulo all primes of the level and the special one.
   * Digit j modulo prime j is the residue polynomial itself, not a copy; `giveDigits` takes the others back.
   *
   * @param lift whether digits are taken in [0, q), as SEAL takes them, rather than in ±q/2, which halves the noise
   */
  digits(a: Residues, lift: boolean): number[][] {
    const level = a.length;
    const coefficients = this.exchange.begin();
    a.forEach((from, j) => {
      if (from === elsewhere) return;
      this.memory.copy(coefficients[j], from);
      this.rings[j].backward(coefficients[j]);
    });
    this.exchange.put();
    const isShared = this.exchange.sharesSpecial(level);
    // Where they are shared, who holds a residue works out the special one of its digit, whoever needs it then.
    const holdsSpecial = isShared || this.exchange.holdsSpecial(level, 0);
    const digits = a.map(() => this.takeExtended(level, holdsSpecial));
    for (const j of this.#ownFirst(a)) {
      this.exchange.await(j);
      digits[j].forEach((to, i) => {
        if (to === elsewhere || (i === level && isShared && a[j] === elsewhere)) return;
        if (i === j) {
          this.memory.copy(to, a[j]);
          return;
        }
        const ring = this.ringAt(level, i);
        ring.convert(to, coefficients[j], this.rings[j], lift);
        ring.forward(to);
      });
    }
    if (isShared) this.#exchangeSpecial(digits, a);
    return digits;
  }

  giveDigits(digits: readonly ExtendedResidues[]): void {
    this.memory.give(digits.flat());
  }

  /** Gives everyone the special residues of digits, which the holders of what they are digits of have worked out. */
  #exchangeSpecial(digits: readonly ExtendedResidues[], a: Residues): void {
    const places = this.exchange.begin();
    a.forEach((residue, j) => {
      if (residue !== elsewhere) this.memory.copy(places[j], digits[j][a.length]);
    });
    this.exchange.put();
    a.forEach((residue, j) => {
      if (residue !== elsewhere || digits[j][a.length] === elsewhere) return;
      this.exchange.await(j);
      this.memory.copy(digits[j][a.length], places[j]);
    });
  }

  /** The places of a polynomial's residues, those first for which nobody must be waited for. */
  #ownFirst(a: Residues): number[] {
    const places = [...a.keys()];
    return [...places.filter((i) => a[i] !== elsewhere), ...places.filter((i) => a[i] === elsewhere)];
  }

  /** Σ digitⱼ · keyⱼ, both polynomials. */
  switchKey(digits: readonly ExtendedResidues[], key: SwitchingKey): [number[], number[]] {
    const level = digits.length;
    const [sum0, sum1] = [0, 1].map((k) => this.takeExtended(level, this.exchange.holdsSpecial(level, k)));
    for (let i = 0; i <= level; i++) {
      const place = i === level ? key.level : i;
      const ring = this.ringAt(level, i);
      const factors = digits.map((digit) => digit[i]);
      const [as, bs] = [0, 1].map((k) => key.digits.slice(0, level).map((digit) => digit[k][place]));
      if (sum0[i] !== elsewhere && sum1[i] !== elsewhere) {
        ring.sumOfProductPairs([sum0[i], sum1[i]], factors, as, bs);
      } else {
        if (sum0[i] !== elsewhere) ring.sumOfProducts(sum0[i], factors, as);
        if (sum1[i] !== elsewhere) ring.sumOfProducts(sum1[i], factors, bs);
      }
    }
    return [sum0, sum1];
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
    return this.divideBySpecial(sums, plus);
  }

  /** ⌊a / special prime⌉ + plus, of each. Uses `as` up. */
  divideBySpecial(as: readonly ExtendedResidues[], plus: readonly (Residues | undefined)[] = []): number[][] {
    const level = as[0].length - 1;
    const quotients = this.#divide(
      as.map((a) => a.slice(0, level)),
      as.map((a) => a[level]),
      this.#special,
      plus,
    );
    this.memory.give(as.flat());
    return quotients;
  }

  /** ⌊a / last prime⌉, of each, of one residue fewer. Leaves `as` as they are. */
  divideByLast(as: readonly Residues[]): number[][] {
    const last = as[0].length - 1;
    const remainders = as.map((a) => this.copy([a[last]])[0]);
    const quotients = this.#divide(
      as.map((a) => a.slice(0, last)),
      remainders,
      last,
    );
    this.memory.give(remainders);
    return quotients;
  }

  /** @param remainders modulo the divisor, transformed; used up */
  #divide(
    as: readonly Residues[],
    remainders: readonly number[],
    divisor: number,
    plus: readonly (Residues | undefined)[] = [],
  ): number[][] {
    const from = this.rings[divisor];
    const shared = this.#remaindersForAll(remainders, from);
    const rest = this.memory.take();
    const quotients = as.map((a, k) => {
      const quotient = this.takeLike(a);
      quotient.forEach((to, i) => {
        if (to === elsewhere) return;
        if (divisor === this.#special) this.exchange.awaitSpecial(a.length, k);
        else this.exchange.await(divisor);
        const ring = this.rings[i];
        ring.convert(rest, shared[k], from, false);
        ring.forward(rest);
        ring.divideStep(to, a[i], rest, this.#inverses[divisor][i], plus[k]?.[i]);
      });
      return quotient;
    });
    this.memory.give([rest]);
    return quotients;
  }

  /** Coefficients of remainders, where all members of a team find them. */
  #remaindersForAll(remainders: readonly number[], ring: ResidueRing): readonly number[] {
    for (const remainder of this.held(remainders)) ring.backward(remainder);
    if (!this.exchange.team) return remainders;
    const places = this.exchange.begin();
    remainders.forEach((remainder, k) => {
      if (remainder !== elsewhere) this.memory.copy(places[k], remainder);
    });
    this.exchange.put();
    return places;
  }
}
