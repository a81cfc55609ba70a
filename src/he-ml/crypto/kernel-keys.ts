import type { RnsRing, SwitchingKey } from "../kernels/rns-ring.js";
import { hoistedKey, type RotationKeyUse } from "../kernels/rotation-sum.js";
import { galoisElement, type RotationStep } from "./rotation-keys.js";
import { switchingKeyWords } from "./seal-words.js";

/** A client's evaluation keys in the kernels' memory. */
export class KernelKeys implements Disposable {
  readonly rotations = new Map<RotationStep, RotationKeyUse>();
  #relinearization?: SwitchingKey;

  /** @param hoisted whether rotations share digits, which wants their keys in another order */
  constructor(
    private readonly ring: RnsRing,
    private readonly hoisted: boolean,
  ) {}

  get relinearization(): SwitchingKey | undefined {
    return this.#relinearization;
  }

  /** @param saved SEAL's relinearization keys, checked and uncompressed */
  addRelinearization(saved: Uint8Array): void {
    this.#relinearization = this.ring.memory.attempt(() => this.#key(saved, this.ring.rings.length - 1));
  }

  /** @param saved SEAL's Galois keys for this step, checked and uncompressed, of which the first `level` digits are good */
  addRotation(step: RotationStep, level: number, saved: Uint8Array): void {
    const element = galoisElement(this.ring.memory.n, step);
    const key = this.ring.memory.attempt(() => {
      const plain = this.#key(saved, level);
      if (!this.hoisted) return plain;
      const hoisted = hoistedKey(this.ring, plain, element);
      this.ring.memory.give(addressesOf(plain));
      return hoisted;
    });
    this.rotations.set(step, { element, key });
  }

  [Symbol.dispose](): void {
    for (const { key } of this.rotations.values()) this.ring.memory.give(addressesOf(key));
    if (this.#relinearization) this.ring.memory.give(addressesOf(this.#relinearization));
    this.rotations.clear();
    this.#relinearization = undefined;
  }

  #key(saved: Uint8Array, level: number): SwitchingKey {
    const { n } = this.ring.memory;
    const special = this.ring.rings.length - 1;
    const digits = switchingKeyWords(saved, n).slice(0, level);
    const loaded = (words: BigUint64Array) => {
      const residues = this.ring.takeExtended(level);
      residues.forEach((to, i) => {
        const place = i === level ? special : i;
        this.ring.rings[place].factorFromWords(to, words.subarray(place * n, (place + 1) * n));
      });
      return residues;
    };
    return {
      level,
      digits: digits.map(({ polynomials: [a, b] }) => [loaded(a), loaded(b)] as const),
    };
  }
}

const addressesOf = ({ digits }: SwitchingKey) => digits.flatMap(([a, b]) => [...a, ...b]);
