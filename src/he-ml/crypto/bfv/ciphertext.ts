import { live, SealCiphertext, SealPlaintext } from "../seal-handles.js";
import type { Seal, SealCiphertextHandle, SealPlaintextHandle } from "../seal.js";

/** A BFV ciphertext in SEAL's memory, which knows of no scale. */
export class BfvCiphertext extends SealCiphertext {
  #scale: number;

  constructor(owner: object, handle: SealCiphertextHandle, scale: number) {
    super(owner, handle, 1);
    this.#scale = scale;
  }

  override get scale(): number {
    live("ciphertext", this.handle);
    return this.#scale;
  }

  override set scale(scale: number) {
    this.#scale = scale;
  }
}

/** An encoded BFV plaintext in SEAL's memory. */
export class BfvPlaintext extends SealPlaintext {
  readonly #scale: number;

  constructor(owner: Seal, handle: SealPlaintextHandle, scale: number) {
    super(owner, handle, 1);
    this.#scale = scale;
  }

  override get scale(): number {
    live("plaintext", this.handle);
    return this.#scale;
  }
}
