import { elsewhere } from "./absent-ring.js";
import type { ExtendedResidues, Residues, RnsRing, SwitchingKey } from "./rns-ring.js";

/** What turns slots: the automorphism X ↦ X^element, and the key that leads back from the secret key that it leaves. */
export interface RotationKeyUse {
  readonly element: number;
  /** As `hoistedKey` gives it. */
  readonly key: SwitchingKey;
}

/**
 * Σ of rotated ciphertexts, and of others as they are. Rotated ones are added up modulo the special prime as well, so that
 * there is one division by it for all of them.
 *
 * @see Bossuat, Mouchet, Troncoso-Pastoriza, Hubaux, "Efficient Bootstrapping for Approximate Homomorphic Encryption with
 *   Non-Sparse Keys", EUROCRYPT 2021, section 5, https://eprint.iacr.org/2020/1203
 */
export class RotationSum implements Disposable {
  /** Modulo data primes only: what is not rotated, and first polynomials. */
  readonly #plain: (number[] | undefined)[] = [undefined, undefined];
  readonly #extended: (number[] | undefined)[] = [undefined, undefined];

  constructor(private readonly ring: RnsRing) {}

  /** Adds a ciphertext as it is. */
  add(polynomials: readonly Residues[]): void {
    this.ring.memory.attempt(() => polynomials.forEach((a, k) => this.#addTo(this.#plain, k, a)));
  }

  /**
   * Adds a ciphertext that is rotated.
   *
   * @param first its first polynomial
   * @param digits of its second, balanced
   */
  addRotated(first: Residues, digits: readonly ExtendedResidues[], { element, key }: RotationKeyUse): void {
    this.ring.memory.attempt(() => {
      const places = this.ring.places(element);
      const switched = this.ring.switchKey(digits, key);
      switched.forEach((a, k) => this.#addTo(this.#extended, k, a, places));
      this.ring.memory.give(switched.flat());
      this.#addTo(this.#plain, 0, first, places);
    });
  }

  /** The sum, which the caller owns. At least one ciphertext must have been added. */
  finish(): number[][] {
    return this.ring.memory.attempt(() => {
      const [plain, extended] = [this.#plain.slice(), this.#extended.slice()];
      this.#plain.fill(undefined);
      this.#extended.fill(undefined);
      const rotated = extended.filter((residues) => residues !== undefined);
      if (rotated.length === 0) return plain.map((residues) => residues!);
      const sums = this.ring.divideBySpecial(rotated, plain);
      this.ring.memory.give(plain.flatMap((residues) => residues ?? []));
      return sums;
    });
  }

  /** Gives back what was not finished. */
  [Symbol.dispose](): void {
    this.ring.memory.give([...this.#plain, ...this.#extended].flatMap((residues) => residues ?? []));
    this.#plain.fill(undefined);
    this.#extended.fill(undefined);
  }

  #addTo(sums: (number[] | undefined)[], k: number, a: ExtendedResidues, places?: number): void {
    const level = sums === this.#extended ? a.length - 1 : a.length;
    const sum = sums[k];
    if (sum) {
      a.forEach((from, i) => {
        if (from === elsewhere) return;
        const ring = this.ring.ringAt(level, i);
        if (places === undefined) ring.add(sum[i], sum[i], from);
        else ring.addPermuted(sum[i], from, places);
      });
      return;
    }
    if (places === undefined) {
      sums[k] = this.ring.copy(a);
      return;
    }
    const first = this.ring.takeLike(a);
    a.forEach((from, i) => {
      if (from !== elsewhere) this.ring.ringAt(level, i).permute(first[i], from, places);
    });
    sums[k] = first;
  }
}

/** The places of a key in the order that a rotation wants them in whose digits are not rotated themselves. */
export function hoistedKey(ring: RnsRing, key: SwitchingKey, element: number): SwitchingKey {
  const inverse = inverseElement(ring.memory.n, element);
  const places = ring.places(inverse);
  const permuted = (residues: ExtendedResidues) => {
    const to = ring.takeLike(residues);
    residues.forEach((from, i) => ring.ringAt(key.level, i).permute(to[i], from, places));
    return to;
  };
  return { ...key, digits: key.digits.map(([a, b]) => [permuted(a), permuted(b)]) };
}

/** 1/element modulo 2n. */
function inverseElement(n: number, element: number): number {
  let inverse = 1;
  // Newton's iteration, which doubles the bits that are right; products stay below 2^53.
  for (let bits = 1; 2 ** bits <= 2 * n; bits *= 2) {
    inverse = (inverse * (2 + 2 * n - ((element * inverse) % (2 * n)))) % (2 * n);
  }
  return inverse;
}
