import { InputError } from "../errors.js";
import { BucketSum } from "./bucket-sum.js";
import type { Ciphertext, Plaintext } from "./ciphertext.js";
import { Evaluator } from "./evaluator.js";
import type { RotationNeed } from "./rotation-keys.js";
import type { SchemeParameters } from "./scheme-parameters.js";
import { live, SealPlaintext, type SealCiphertext } from "./seal-handles.js";
import type {
  Encryptor,
  GaloisKeys,
  RelinKeys,
  Seal,
  SealCiphertextHandle,
  SealEvaluatorHandle,
  SealPlaintextHandle,
} from "./seal.js";
import type { Windows } from "./windows.js";

export interface HeldRotationKey extends RotationNeed {
  readonly handle: GaloisKeys;
}

/** Keys that let a server compute, as handles of the WASM instance that the evaluator works in. */
export interface EvaluationKeyHandles {
  readonly encryptor: Encryptor;
  readonly relinKeys?: RelinKeys;
  readonly rotationKeys: readonly HeldRotationKey[];
}

/**
 * What SEAL computes alike in every scheme. Several evaluators may work in one WASM instance, each with the keys of another
 * client: plaintexts are good for all of them, ciphertexts for the one that made them.
 */
export abstract class SealOperations<P extends SchemeParameters, C extends SealCiphertext>
  extends Evaluator<P>
  implements Disposable
{
  readonly kind = "seal";
  protected readonly scratch: SealCiphertextHandle;
  // Private, and not only to the compiler: what a server holds shows no way to keys or to SEAL's whole module.
  readonly #seal: Seal<P>;
  readonly #keys?: EvaluationKeyHandles;
  readonly #evaluator: SealEvaluatorHandle;
  readonly #buckets: BucketSum<SealCiphertextHandle>;

  /** @param keys a client's; without any, it encodes and computes all that needs none */
  constructor(seal: Seal<P>, keys?: EvaluationKeyHandles) {
    super(seal.parameters);
    this.#seal = seal;
    this.#keys = keys;
    const evaluator = new seal.module.Evaluator(seal.context);
    this.#evaluator = evaluator;
    this.scratch = new seal.module.Ciphertext();
    this.#buckets = new BucketSum<SealCiphertextHandle>({
      newHandle: () => new seal.module.Ciphertext(),
      assign: (total, other) => total.assign(other),
      negate: (total, other) => evaluator.negate(other, total),
      add: (total, other) => evaluator.addInplace(total, other),
      subtract: (total, other) => evaluator.subInplace(total, other),
    });
  }

  /** Frees the keys and whatever else the evaluator holds; ciphertexts and plaintexts are their owners' to free. */
  [Symbol.dispose](): void {
    const { encryptor, relinKeys, rotationKeys = [] } = this.#keys ?? {};
    this.#buckets[Symbol.dispose]();
    const handles = [encryptor, relinKeys, ...rotationKeys.map(({ handle }) => handle)];
    for (const handle of [...handles, this.#evaluator, this.scratch]) {
      if (handle && !handle.isDeleted()) handle.delete();
    }
  }

  /** A ciphertext of this evaluator's, in the form that SEAL computes on. @throws InputError if it is another's, or gone */
  protected abstract own(a: Ciphertext): C;

  /** A ciphertext of this evaluator's that takes over the handle and stands where another does. */
  protected abstract like(a: C, handle: SealCiphertextHandle): C;

  copy(a: Ciphertext): Ciphertext {
    const own = this.own(a);
    return this.like(own, own.handle.copy());
  }

  /** A ciphertext as it would travel, uncompressed. */
  save(a: Ciphertext): Uint8Array {
    const { handle } = this.own(a);
    return this.#seal.attempt("save", () => this.#seal.save(handle));
  }

  /**
   * Takes in a ciphertext that has travelled.
   *
   * @param accept makes it this evaluator's own
   * @throws InputError unless the bytes are a relinearized ciphertext under these parameters
   */
  protected loadWith(bytes: Uint8Array, accept: (handle: SealCiphertextHandle) => C): C {
    const handle = new this.#seal.module.Ciphertext();
    try {
      this.#seal.load("load", handle, bytes, "ciphertext");
      if (handle.size() !== 2 || handle.isTransparent()) {
        throw new InputError(
          `load: expected a relinearized ${this.parameters.scheme.toUpperCase()} ciphertext of 2 polynomials, ` +
            `got ${handle.size()} at scale ${handle.scale()}${handle.isTransparent() ? ", transparent" : ""}`,
        );
      }
      return accept(handle);
    } catch (error) {
      handle.delete();
      throw error;
    }
  }

  protected override doAdd(a: Ciphertext, b: Ciphertext): void {
    this.run("add", (e) => e.addInplace(this.own(a).handle, this.own(b).handle));
  }

  protected override doSub(a: Ciphertext, b: Ciphertext): void {
    this.run("sub", (e) => e.subInplace(this.own(a).handle, this.own(b).handle));
  }

  protected override doAddPlain(a: Ciphertext, b: Plaintext): void {
    this.run("addPlain", (e) => e.addPlainInplace(this.own(a).handle, this.plain(b)));
  }

  protected override doMultiplyPlain(a: Ciphertext, b: Plaintext): void {
    this.run("multiplyPlain", (e) => e.multiplyPlainInplace(this.own(a).handle, this.plain(b)));
  }

  protected override doMultiplyPlainAdd(sum: Ciphertext, a: Ciphertext, b: Plaintext): void {
    this.run("multiplyPlain", (e) => {
      e.multiplyPlain(this.own(a).handle, this.plain(b), this.scratch);
      e.addInplace(this.own(sum).handle, this.scratch);
    });
  }

  /** Σ wᵢ·xᵢ by additions alone. */
  protected sumByBuckets(
    total: SealCiphertextHandle,
    inputs: readonly SealCiphertextHandle[],
    integers: readonly number[],
    windows: Windows,
  ): void {
    this.#buckets.compute(total, inputs, integers, windows);
  }

  protected override doMultiply(a: Ciphertext, b: Ciphertext): void {
    this.run("multiply", (e) => e.multiplyInplace(this.own(a).handle, this.own(b).handle));
  }

  protected override doSquare(a: Ciphertext): void {
    this.run("square", (e) => e.squareInplace(this.own(a).handle));
  }

  protected override doRelinearize(a: Ciphertext): void {
    const relinKeys = this.#keys?.relinKeys;
    if (!relinKeys) {
      throw new InputError(
        `relinearize: there are no relinearization keys; export evaluation keys with { relinearization: true }`,
      );
    }
    this.run("relinearize", (e) => e.relinearizeInplace(this.own(a).handle, relinKeys));
  }

  /** @throws InputError if there is no public key */
  protected encryptZeroInto(handle: SealCiphertextHandle): void {
    if (!this.#keys) {
      throw new InputError(
        `encryptZero: there is no public key; load a client's evaluation keys, and compute with the context that holds them`,
      );
    }
    const { encryptor } = this.#keys;
    this.run("encryptZero", () => encryptor.encryptZero(handle));
  }

  protected run(operation: string, work: (evaluator: SealEvaluatorHandle) => void): void {
    this.#seal.attempt(operation, () => work(this.#evaluator));
  }

  protected plain(b: Plaintext): SealPlaintextHandle {
    if (!(b instanceof SealPlaintext) || b.owner !== this.#seal) {
      throw new InputError(`plaintext: it was encoded by another evaluator; encode it with this one`);
    }
    return live("plaintext", b.handle);
  }
}
