import { InputError } from "../errors.js";
import { BucketSum } from "./bucket-sum.js";
import { finished, type Ciphertext, type LevelAndScale, type Plaintext } from "./ciphertext.js";
import { Evaluator } from "./evaluator.js";
import { ConstantPolynomials } from "./constant-polynomials.js";
import type { RotationNeed, RotationStep } from "./rotation-keys.js";
import type { WeightedSumMethod } from "./weighted-sum.js";
import { live, SealCiphertext, SealPlaintext } from "./seal-handles.js";
import {
  ciphertextBytes,
  ciphertextWords,
  plaintextWords,
  withPlaintextWords,
  type CiphertextWords,
} from "./seal-words.js";
import type {
  CKKSEncoder,
  Encryptor,
  GaloisKeys,
  RelinKeys,
  Seal,
  SealCiphertextHandle,
  SealEvaluatorHandle,
  SealPlaintextHandle,
} from "./seal.js";

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
 * Computes on real CKKS ciphertexts. Made by a `PublicContext`. Several may work in one WASM instance, each with the keys
 * of another client: plaintexts are good for all of them, ciphertexts for the one that made them.
 */
export class SealEvaluator extends Evaluator implements Disposable {
  readonly name = "SEAL";
  readonly kind = "seal";
  readonly #seal: Seal;
  readonly #keys?: EvaluationKeyHandles;
  readonly #evaluator: SealEvaluatorHandle;
  readonly #encoder: CKKSEncoder;
  readonly #scratch: SealCiphertextHandle;
  readonly #constants: ConstantPolynomials;
  readonly #buckets: BucketSum<SealCiphertextHandle>;

  /** @param keys a client's; without any, it encodes and computes all that needs none */
  constructor(seal: Seal, keys?: EvaluationKeyHandles) {
    super(seal.parameters);
    this.#seal = seal;
    this.#keys = keys;
    const evaluator = new seal.module.Evaluator(seal.context);
    this.#evaluator = evaluator;
    this.#encoder = new seal.module.CKKSEncoder(seal.context);
    this.#scratch = new seal.module.Ciphertext();
    this.#buckets = new BucketSum<SealCiphertextHandle>({
      newHandle: () => new seal.module.Ciphertext(),
      assign: (total, other) => total.assign(other),
      negate: (total, other) => evaluator.negate(other, total),
      add: (total, other) => evaluator.addInplace(total, other),
      subtract: (total, other) => evaluator.subInplace(total, other),
    });
    this.#constants = new ConstantPolynomials(seal.parameters, (at) => {
      using plain = this.doEncode(Float64Array.of(1), at);
      return seal.save(plain.handle);
    });
  }

  /** Frees the keys and whatever else the evaluator holds; ciphertexts and plaintexts are their owners' to free. */
  [Symbol.dispose](): void {
    const { encryptor, relinKeys, rotationKeys = [] } = this.#keys ?? {};
    this.#buckets[Symbol.dispose]();
    const handles = [encryptor, relinKeys, ...rotationKeys.map(({ handle }) => handle)];
    for (const handle of [...handles, this.#evaluator, this.#encoder, this.#scratch]) {
      if (handle && !handle.isDeleted()) handle.delete();
    }
  }

  copy(a: Ciphertext): Ciphertext {
    const { handle, level } = this.#own(a);
    return new SealCiphertext(this, handle.copy(), level);
  }

  /** A ciphertext as it would travel, uncompressed. */
  save(a: Ciphertext): Uint8Array {
    const { handle } = this.#own(a);
    return this.#seal.attempt("save", () => this.#seal.save(handle));
  }

  /** The words of a ciphertext of this evaluator's. */
  ciphertextWords(a: Ciphertext): CiphertextWords {
    return ciphertextWords(this.save(a), this.parameters.polyModulusDegree);
  }

  /** The bytes that SEAL would write for a ciphertext of these words. */
  ciphertextBytes(words: CiphertextWords, scale: number): Uint8Array {
    const parmsId = this.#seal.wordsOfParmsId(words.level);
    return ciphertextBytes(words, this.parameters.polyModulusDegree, scale, parmsId);
  }

  /** The words of a plaintext: a residue polynomial for each data prime. */
  plaintextWords(plaintext: Plaintext): BigUint64Array {
    const bytes = this.#seal.save(this.#plain(plaintext));
    return plaintextWords(bytes, this.parameters.polyModulusDegree, plaintext.level);
  }

  /** A plaintext of these words. */
  plaintextOf(words: BigUint64Array, at: LevelAndScale): Plaintext {
    using template = this.doEncode(Float64Array.of(0), { level: at.level, scale: 1 });
    const bytes = withPlaintextWords(this.#seal.save(template.handle), words, at.scale);
    return finished(
      new SealPlaintext(this.#seal, new this.#seal.module.Plaintext(), at.level),
      ({ handle }) => this.#seal.attempt("plaintext", () => handle.loadFromArray(this.#seal.context, bytes)),
    );
  }

  /**
   * Takes in a ciphertext that has travelled.
   *
   * @throws InputError unless the bytes are a relinearized ciphertext under these parameters
   */
  load(bytes: Uint8Array): Ciphertext {
    const handle = new this.#seal.module.Ciphertext();
    try {
      this.#seal.load("load", handle, bytes, "ciphertext");
      if (handle.size() !== 2 || handle.isTransparent()) {
        throw new InputError(
          `load: expected a relinearized CKKS ciphertext of 2 polynomials, ` +
            `got ${handle.size()} at scale ${handle.scale()}${handle.isTransparent() ? ", transparent" : ""}`,
        );
      }
      return new SealCiphertext(this, handle, this.#seal.levelOf(handle));
    } catch (error) {
      handle.delete();
      throw error;
    }
  }

  decode(plaintext: Plaintext): Float64Array {
    return this.#seal.attempt(
      "decode",
      () => this.#encoder.decodeFloat64(this.#plain(plaintext)) as Float64Array,
    );
  }

  protected override doEncodeScalar(value: number, at: LevelAndScale): SealPlaintext {
    const integer = Math.round(value * at.scale);
    const plaintext = new SealPlaintext(
      this.#seal,
      new this.#seal.module.Plaintext(),
      at.level,
      integer === 0,
    );
    return finished(plaintext, ({ handle }) => {
      const bytes = this.#constants.serialize(integer, at);
      this.#seal.attempt("encodeScalar", () => handle.loadFromArray(this.#seal.context, bytes));
    });
  }

  protected override doEncode(values: Float64Array, at: LevelAndScale): SealPlaintext {
    return finished(
      new SealPlaintext(this.#seal, new this.#seal.module.Plaintext(), at.level),
      ({ handle }) =>
        this.#run("encode", (evaluator) => {
          this.#encoder.encode(values, at.scale, handle);
          if (at.level < this.parameters.levels) {
            evaluator.plainModSwitchToInplace(handle, this.#seal.parmsIdAt(at.level));
          }
        }),
    );
  }

  protected override doEncryptZero(at: LevelAndScale): Ciphertext {
    return finished(new SealCiphertext(this, new this.#seal.module.Ciphertext(), at.level), ({ handle }) =>
      this.#run("encryptZero", (evaluator) => {
        this.#encryptor.encryptZero(handle);
        evaluator.cipherModSwitchToInplace(handle, this.#seal.parmsIdAt(at.level));
        handle.setScale(at.scale);
      }),
    );
  }

  protected override doAdd(a: Ciphertext, b: Ciphertext): void {
    this.#run("add", (e) => e.addInplace(this.#own(a).handle, this.#own(b).handle));
  }

  protected override doSub(a: Ciphertext, b: Ciphertext): void {
    this.#run("sub", (e) => e.subInplace(this.#own(a).handle, this.#own(b).handle));
  }

  protected override doAddPlain(a: Ciphertext, b: Plaintext): void {
    this.#run("addPlain", (e) => e.addPlainInplace(this.#own(a).handle, this.#plain(b)));
  }

  protected override doMultiplyPlain(a: Ciphertext, b: Plaintext): void {
    this.#run("multiplyPlain", (e) => e.multiplyPlainInplace(this.#own(a).handle, this.#plain(b)));
  }

  protected override doMultiplyPlainAdd(sum: Ciphertext, a: Ciphertext, b: Plaintext): void {
    this.#run("multiplyPlain", (e) => {
      e.multiplyPlain(this.#own(a).handle, this.#plain(b), this.#scratch);
      e.addInplace(this.#own(sum).handle, this.#scratch);
    });
  }

  protected override doWeightedSum(
    inputs: readonly Ciphertext[],
    integers: readonly number[],
    scale: number,
    { windows }: WeightedSumMethod,
  ): Ciphertext {
    const handles = inputs.map((input) => this.#own(input).handle);
    const { level } = inputs[0];
    return finished(new SealCiphertext(this, new this.#seal.module.Ciphertext(), level), ({ handle }) =>
      this.#seal.attempt("weightedSum", () => {
        if (windows) this.#buckets.compute(handle, handles, integers, windows);
        else this.#sumOfProducts(handle, handles, integers, { level, scale: 1 });
        handle.setScale(scale);
      }),
    );
  }

  #sumOfProducts(
    total: SealCiphertextHandle,
    inputs: readonly SealCiphertextHandle[],
    integers: readonly number[],
    at: LevelAndScale,
  ): void {
    inputs.forEach((input, i) => {
      using weight = this.doEncodeScalar(integers[i], at);
      this.#evaluator.multiplyPlain(input, weight.handle, i === 0 ? total : this.#scratch);
      if (i > 0) this.#evaluator.addInplace(total, this.#scratch);
    });
  }

  protected override doMultiply(a: Ciphertext, b: Ciphertext): void {
    this.#run("multiply", (e) => e.multiplyInplace(this.#own(a).handle, this.#own(b).handle));
  }

  protected override doSquare(a: Ciphertext): void {
    this.#run("square", (e) => e.squareInplace(this.#own(a).handle));
  }

  protected override doRotate(a: Ciphertext, step: RotationStep): Ciphertext {
    const { handle, level } = this.#own(a);
    const key = this.#keys?.rotationKeys.find((candidate) => candidate.step === step);
    if (!key || key.level < level) {
      throw new InputError(
        `rotate: there is no key for step ${step} at level ${level}` +
          (key ? `, only up to level ${key.level}` : "") +
          `; export evaluation keys with { step: ${JSON.stringify(step)}, level: ${level} }`,
      );
    }
    return finished(new SealCiphertext(this, new this.#seal.module.Ciphertext(), level), (rotated) =>
      this.#run("rotate", (e) =>
        step === "conjugate"
          ? e.complexConjugate(handle, key.handle, rotated.handle)
          : e.rotateVector(handle, step, key.handle, rotated.handle),
      ),
    );
  }

  protected override doRelinearize(a: Ciphertext): void {
    const relinKeys = this.#keys?.relinKeys;
    if (!relinKeys) {
      throw new InputError(
        `relinearize: there are no relinearization keys; export evaluation keys with { relinearization: true }`,
      );
    }
    this.#run("relinearize", (e) => e.relinearizeInplace(this.#own(a).handle, relinKeys));
  }

  protected override doRescale(a: Ciphertext): void {
    const own = this.#own(a);
    this.#run("rescale", (e) => e.rescaleToNextInplace(own.handle));
    own.level--;
  }

  protected override doModSwitch(a: Ciphertext, level: number): void {
    const own = this.#own(a);
    this.#run("modSwitchTo", (e) => e.cipherModSwitchToInplace(own.handle, this.#seal.parmsIdAt(level)));
    own.level = level;
  }

  protected override doSetScale(a: Ciphertext, scale: number): void {
    this.#own(a).handle.setScale(scale);
  }

  get #encryptor(): Encryptor {
    if (this.#keys) return this.#keys.encryptor;
    throw new InputError(
      `encryptZero: there is no public key; load a client's evaluation keys, and compute with the context that holds them`,
    );
  }

  #run(operation: string, work: (evaluator: SealEvaluatorHandle) => void): void {
    this.#seal.attempt(operation, () => work(this.#evaluator));
  }

  #own(a: Ciphertext): SealCiphertext {
    if (!(a instanceof SealCiphertext) || a.owner !== this) {
      throw new InputError(
        `ciphertext: it belongs to another context; save it there and load it here, as it would travel`,
      );
    }
    live("ciphertext", a.handle);
    return a;
  }

  #plain(b: Plaintext): SealPlaintextHandle {
    if (!(b instanceof SealPlaintext) || b.owner !== this.#seal) {
      throw new InputError(`plaintext: it was encoded by another evaluator; encode it with this one`);
    }
    return live("plaintext", b.handle);
  }
}
