import { InputError } from "../errors.js";
import type { ExtendedResidues, Residues, RnsRing } from "../kernels/rns-ring.js";
import type { Ciphertext, Plaintext } from "./ciphertext.js";

/** An encoded plaintext in the kernels' memory, in the form that others are multiplied by. */
export class KernelPlaintext implements Plaintext {
  #residues?: Residues;

  constructor(
    readonly owner: RnsRing,
    residues: Residues,
    readonly level: number,
    readonly scale: number,
    readonly isZero: boolean,
    /** As what others are multiplied by; the same polynomials where there is no difference. */
    private readonly factors: Residues = residues,
  ) {
    this.#residues = residues;
  }

  get residues(): Residues {
    return live("plaintext", this.#residues);
  }

  get factor(): Residues {
    live("plaintext", this.#residues);
    return this.factors;
  }

  [Symbol.dispose](): void {
    if (!this.#residues) return;
    this.owner.memory.give(new Set([...this.#residues, ...this.factors]));
    this.#residues = undefined;
  }
}

/** A ciphertext in the kernels' memory. */
export class KernelCiphertext implements Ciphertext {
  #polynomials?: readonly Residues[];
  #digits?: readonly ExtendedResidues[];

  constructor(
    /** The evaluator that made it. */
    readonly owner: object,
    private readonly ring: RnsRing,
    polynomials: readonly Residues[],
    public scale: number,
  ) {
    this.#polynomials = polynomials;
  }

  get polynomials(): readonly Residues[] {
    return live("ciphertext", this.#polynomials);
  }

  get level(): number {
    return this.polynomials[0].length;
  }

  get size(): number {
    return this.polynomials.length;
  }

  /** The digits of the second polynomial, worked out once for all rotations of this ciphertext as it is (hoisting). */
  get digits(): readonly ExtendedResidues[] {
    this.#digits ??= this.ring.digits(this.polynomials[1], false);
    return this.#digits;
  }

  /** Must be called before polynomials change in place. */
  changed(): void {
    if (this.#digits) this.ring.giveDigits(this.#digits);
    this.#digits = undefined;
  }

  /** Takes other polynomials; those that it had and has no more are given back. */
  become(polynomials: readonly Residues[]): void {
    this.changed();
    const kept = new Set(polynomials.flat());
    this.ring.memory.give(this.polynomials.flat().filter((address) => !kept.has(address)));
    this.#polynomials = polynomials;
  }

  [Symbol.dispose](): void {
    if (!this.#polynomials) return;
    this.become([]);
    this.#polynomials = undefined;
  }
}

function live<T>(what: string, value: T | undefined): T {
  if (value === undefined) throw new InputError(`${what}: it was disposed of already`);
  return value;
}
