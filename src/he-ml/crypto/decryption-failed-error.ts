import { InputError } from "../errors.js";

/** A BFV ciphertext whose noise budget is used up: what it decrypts to is noise, and is never given out as numbers. */
export class DecryptionFailedError extends InputError {
  override readonly name = "DecryptionFailedError";

  /** @param layer the layer or stage behind which it was found, where that is known, as messages name it */
  constructor(
    message: string,
    readonly layer?: string,
  ) {
    super(layer === undefined ? message : `${layer}: ${message}`);
  }

  /** The same failure, found behind a layer. */
  behind(layer: string): DecryptionFailedError {
    return this.layer === undefined ? new DecryptionFailedError(this.message, layer) : this;
  }
}
