import { InputError } from "../errors.js";
import { finished, type Ciphertext, type LevelAndScale, type Plaintext } from "./ciphertext.js";
import { ConstantPolynomials } from "./constant-polynomials.js";
import type { CkksParameters } from "./parameters.js";
import type { RotationStep } from "./rotation-keys.js";
import { live, SealCiphertext, SealPlaintext } from "./seal-handles.js";
import { SealOperations, type EvaluationKeyHandles, type HeldRotationKey } from "./seal-operations.js";
import {
  ciphertextBytes,
  ciphertextWords,
  plaintextWords,
  withPlaintextWords,
  type CiphertextWords,
} from "./seal-words.js";
import type {
  CKKSEncoder,
  Seal,
  SealCiphertextHandle,
  SealEvaluatorHandle,
  SealPlaintextHandle,
} from "./seal.js";
import type { WeightedSumMethod } from "./weighted-sum.js";

/** Computes on real CKKS ciphertexts. Made by a `PublicContext`. */
export class SealEvaluator extends SealOperations<CkksParameters, SealCiphertext> {
  readonly name = "SEAL";
  readonly #seal: Seal<CkksParameters>;
  readonly #rotationKeys: readonly HeldRotationKey[];
  readonly #encoder: CKKSEncoder;
  readonly #constants: ConstantPolynomials;

  /** @param keys a client's; without any, it encodes and computes all that needs none */
  constructor(seal: Seal<CkksParameters>, keys?: EvaluationKeyHandles) {
    super(seal, keys);
    this.#seal = seal;
    this.#rotationKeys = keys?.rotationKeys ?? [];
    this.#encoder = new seal.module.CKKSEncoder(seal.context);
    this.#constants = new ConstantPolynomials(seal.parameters, (at) => {
      using plain = this.doEncode(Float64Array.of(1), at);
      return seal.save(plain.handle);
    });
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    if (!this.#encoder.isDeleted()) this.#encoder.delete();
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
    const bytes = this.#seal.save(this.plain(plaintext));
    return plaintextWords(bytes, this.parameters.polyModulusDegree, plaintext.level);
  }

  /** A plaintext of these words. */
  plaintextOf(words: BigUint64Array, at: LevelAndScale): Plaintext {
    using template = this.doEncode(Float64Array.of(0), { level: at.level, scale: 1 });
    const bytes = withPlaintextWords(this.#seal.save(template.handle), words, at.scale);
    return this.#newPlaintext("plaintext", at.level, (handle) =>
      handle.loadFromArray(this.#seal.context, bytes),
    );
  }

  load(bytes: Uint8Array): Ciphertext {
    return this.loadWith(bytes, (handle) => new SealCiphertext(this, handle, this.#seal.levelOf(handle)));
  }

  decode(plaintext: Plaintext): Float64Array {
    return this.#seal.attempt(
      "decode",
      () => this.#encoder.decodeFloat64(this.plain(plaintext)) as Float64Array,
    );
  }

  #newPlaintext(
    operation: string,
    level: number,
    fill: (handle: SealPlaintextHandle, evaluator: SealEvaluatorHandle) => void,
    roundsToZero?: boolean,
  ): SealPlaintext {
    const plaintext = new SealPlaintext(this.#seal, new this.#seal.module.Plaintext(), level, roundsToZero);
    return finished(plaintext, ({ handle }) => this.run(operation, (evaluator) => fill(handle, evaluator)));
  }

  protected override doEncodeScalar(value: number, at: LevelAndScale): SealPlaintext {
    const integer = Math.round(value * at.scale);
    const fill = (handle: SealPlaintext["handle"]) =>
      handle.loadFromArray(this.#seal.context, this.#constants.serialize(integer, at));
    return this.#newPlaintext("encodeScalar", at.level, fill, integer === 0);
  }

  protected override doEncode(values: Float64Array, at: LevelAndScale): SealPlaintext {
    return this.#newPlaintext("encode", at.level, (handle, evaluator) => {
      this.#encoder.encode(values, at.scale, handle);
      if (at.level < this.parameters.levels) {
        evaluator.plainModSwitchToInplace(handle, this.#seal.parmsIdAt(at.level));
      }
    });
  }

  protected override doEncryptZero(at: LevelAndScale): Ciphertext {
    return finished(new SealCiphertext(this, new this.#seal.module.Ciphertext(), at.level), ({ handle }) =>
      this.run("encryptZero", (evaluator) => {
        this.encryptZeroInto(handle);
        evaluator.cipherModSwitchToInplace(handle, this.#seal.parmsIdAt(at.level));
        handle.setScale(at.scale);
      }),
    );
  }

  protected override doWeightedSum(
    inputs: readonly Ciphertext[],
    integers: readonly number[],
    scale: number,
    { windows }: WeightedSumMethod,
  ): Ciphertext {
    const handles = inputs.map((input) => this.own(input).handle);
    const { level } = inputs[0];
    return finished(new SealCiphertext(this, new this.#seal.module.Ciphertext(), level), ({ handle }) =>
      this.#seal.attempt("weightedSum", () => {
        if (windows) this.sumByBuckets(handle, handles, integers, windows);
        else this.#addProducts(handle, handles, integers, { level, scale: 1 });
        handle.setScale(scale);
      }),
    );
  }

  #addProducts(
    total: SealCiphertextHandle,
    inputs: readonly SealCiphertextHandle[],
    integers: readonly number[],
    at: LevelAndScale,
  ): void {
    this.run("weightedSum", (evaluator) =>
      inputs.forEach((input, i) => {
        using weight = this.doEncodeScalar(integers[i], at);
        evaluator.multiplyPlain(input, weight.handle, i === 0 ? total : this.scratch);
        if (i > 0) evaluator.addInplace(total, this.scratch);
      }),
    );
  }

  protected override doRotate(a: Ciphertext, step: RotationStep): Ciphertext {
    const { handle, level } = this.own(a);
    const key = this.#rotationKeys.find((candidate) => candidate.step === step);
    if (!key || key.level < level) {
      throw new InputError(
        `rotate: there is no key for step ${step} at level ${level}` +
          (key ? `, only up to level ${key.level}` : "") +
          `; export evaluation keys with { step: ${JSON.stringify(step)}, level: ${level} }`,
      );
    }
    return finished(new SealCiphertext(this, new this.#seal.module.Ciphertext(), level), (rotated) =>
      this.run("rotate", (e) =>
        step === "conjugate"
          ? e.complexConjugate(handle, key.handle, rotated.handle)
          : e.rotateVector(handle, step, key.handle, rotated.handle),
      ),
    );
  }

  protected override doRescale(a: Ciphertext): void {
    const own = this.own(a);
    this.run("rescale", (e) => e.rescaleToNextInplace(own.handle));
    own.level--;
  }

  protected override doModSwitch(a: Ciphertext, level: number): void {
    const own = this.own(a);
    this.run("modSwitchTo", (e) => e.cipherModSwitchToInplace(own.handle, this.#seal.parmsIdAt(level)));
    own.level = level;
  }

  protected override doSetScale(a: Ciphertext, scale: number): void {
    this.own(a).handle.setScale(scale);
  }

  protected override like({ level }: SealCiphertext, handle: SealCiphertextHandle): SealCiphertext {
    return new SealCiphertext(this, handle, level);
  }

  protected override own(a: Ciphertext): SealCiphertext {
    if (!(a instanceof SealCiphertext) || a.owner !== this) {
      throw new InputError(
        `ciphertext: it belongs to another context; save it there and load it here, as it would travel`,
      );
    }
    live("ciphertext", a.handle);
    return a;
  }
}
