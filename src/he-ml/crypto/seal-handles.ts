import { InputError } from "../errors.js";
import type { Ciphertext, Plaintext } from "./ciphertext.js";
import type { Seal, SealCiphertextHandle, SealPlaintextHandle } from "./seal.js";

/** An encoded plaintext in SEAL's memory. */
export class SealPlaintext implements Plaintext {
  constructor(
    readonly owner: Seal,
    readonly handle: SealPlaintextHandle,
    readonly level: number,
    private readonly roundsToZero?: boolean,
  ) {}

  get scale(): number {
    return live("plaintext", this.handle).scale();
  }

  get isZero(): boolean {
    return this.roundsToZero ?? live("plaintext", this.handle).isZero();
  }

  [Symbol.dispose](): void {
    if (!this.handle.isDeleted()) this.handle.delete();
  }
}

/** A ciphertext in SEAL's memory. */
export class SealCiphertext implements Ciphertext {
  constructor(
    /** The evaluator that made it. */
    readonly owner: object,
    readonly handle: SealCiphertextHandle,
    public level: number,
  ) {}

  get scale(): number {
    return live("ciphertext", this.handle).scale();
  }

  get size(): number {
    return live("ciphertext", this.handle).size();
  }

  [Symbol.dispose](): void {
    if (!this.handle.isDeleted()) this.handle.delete();
  }
}

/** @throws InputError if it was disposed of already */
export function live<H extends { isDeleted(): boolean }>(what: string, handle: H): H {
  if (handle.isDeleted()) throw new InputError(`${what}: it was disposed of already`);
  return handle;
}
