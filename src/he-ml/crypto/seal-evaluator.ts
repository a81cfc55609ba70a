import { InputError } from "../errors.js";
import type { Ciphertext, LevelAndScale, Plaintext } from "./ciphertext.js";
import { Evaluator } from "./evaluator.js";
import type { CkksParameters } from "./parameters.js";
import type {
  CKKSEncoder,
  Encryptor,
  RelinKeys,
  Seal,
  SealCiphertextHandle,
  SealEvaluatorHandle,
  SealPlaintextHandle,
} from "./seal.js";

class SealPlaintext implements Plaintext {
  constructor(
    readonly handle: SealPlaintextHandle,
    readonly level: number,
    readonly isZero: boolean,
  ) {}

  get scale(): number {
    return this.handle.scale();
  }

  [Symbol.dispose](): void {
    if (!this.handle.isDeleted()) this.handle.delete();
  }
}

class SealCiphertext implements Ciphertext {
  constructor(
    readonly owner: SealEvaluator,
    readonly handle: SealCiphertextHandle,
    public level: number,
  ) {}

  get scale(): number {
    return this.handle.scale();
  }

  get size(): number {
    return this.handle.size();
  }

  [Symbol.dispose](): void {
    if (!this.handle.isDeleted()) this.handle.delete();
  }
}

/** Keys that let a server compute, as handles of the WASM instance that the evaluator works in. */
export interface EvaluationKeyHandles {
  readonly encryptor: Encryptor;
  readonly relinKeys: RelinKeys;
}

/** Computes on real CKKS ciphertexts. Made by a `PublicContext`. */
export class SealEvaluator extends Evaluator {
  readonly #seal: Seal;
  readonly #keys: EvaluationKeyHandles;
  readonly #evaluator: SealEvaluatorHandle;
  readonly #encoder: CKKSEncoder;
  readonly #scratch: SealCiphertextHandle;
  readonly #constants: ConstantPolynomials;

  constructor(seal: Seal, keys: EvaluationKeyHandles) {
    super(seal.parameters);
    this.#seal = seal;
    this.#keys = keys;
    this.#evaluator = new seal.module.Evaluator(seal.context);
    this.#encoder = new seal.module.CKKSEncoder(seal.context);
    this.#scratch = new seal.module.Ciphertext();
    this.#constants = new ConstantPolynomials(seal.parameters, (at) => {
      using plain = this.doEncode(Float64Array.of(1), at);
      return seal.save(plain.handle);
    });
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

  /**
   * Takes in a ciphertext that has travelled.
   *
   * @throws InputError unless the bytes are a relinearized ciphertext under these parameters
   */
  load(bytes: Uint8Array): Ciphertext {
    const { module, context, maxCiphertextBytes } = this.#seal;
    if (bytes.length > maxCiphertextBytes) {
      throw new InputError(
        `load: expected a ciphertext of at most ${maxCiphertextBytes} bytes, got ${bytes.length}`,
      );
    }
    const handle = new module.Ciphertext();
    try {
      this.#seal.attempt("load", () => handle.loadFromArray(context, bytes));
      const level = this.#seal.levelOf(handle);
      if (level === undefined) {
        throw new InputError(
          `load: the ciphertext was made under other parameters; encrypt it under the server's`,
        );
      }
      if (handle.size() !== 2 || !handle.isNttForm() || !(handle.scale() > 0) || handle.isTransparent()) {
        throw new InputError(
          `load: expected a relinearized CKKS ciphertext of 2 polynomials, ` +
            `got ${handle.size()} at scale ${handle.scale()}${handle.isTransparent() ? ", transparent" : ""}`,
        );
      }
      return new SealCiphertext(this, handle, level);
    } catch (error) {
      handle.delete();
      throw error;
    }
  }

  protected override doEncodeScalar(value: number, at: LevelAndScale): SealPlaintext {
    const integer = Math.round(value * at.scale);
    const handle = new this.#seal.module.Plaintext();
    const bytes = this.#constants.serialize(integer, at);
    this.#seal.attempt("encodeScalar", () => handle.loadFromArray(this.#seal.context, bytes));
    return new SealPlaintext(handle, at.level, integer === 0);
  }

  protected override doEncode(values: Float64Array, at: LevelAndScale): SealPlaintext {
    const handle = new this.#seal.module.Plaintext();
    this.#seal.attempt("encode", () => {
      this.#encoder.encode(values, at.scale, handle);
      if (at.level < this.parameters.levels) {
        this.#evaluator.plainModSwitchToInplace(handle, this.#seal.parmsIdAt(at.level));
      }
    });
    return new SealPlaintext(handle, at.level, handle.isZero());
  }

  protected override doEncryptZero(at: LevelAndScale): Ciphertext {
    const handle = new this.#seal.module.Ciphertext();
    this.#seal.attempt("encryptZero", () => {
      this.#keys.encryptor.encryptZero(handle);
      this.#evaluator.cipherModSwitchToInplace(handle, this.#seal.parmsIdAt(at.level));
      handle.setScale(at.scale);
    });
    return new SealCiphertext(this, handle, at.level);
  }

  protected override doAdd(a: Ciphertext, b: Ciphertext): void {
    this.#run("add", (e) => e.addInplace(this.#own(a).handle, this.#own(b).handle));
  }

  protected override doSub(a: Ciphertext, b: Ciphertext): void {
    this.#run("sub", (e) => e.subInplace(this.#own(a).handle, this.#own(b).handle));
  }

  protected override doAddPlain(a: Ciphertext, b: Plaintext): void {
    this.#run("addPlain", (e) => e.addPlainInplace(this.#own(a).handle, plaintextHandle(b)));
  }

  protected override doMultiplyPlain(a: Ciphertext, b: Plaintext): void {
    this.#run("multiplyPlain", (e) => e.multiplyPlainInplace(this.#own(a).handle, plaintextHandle(b)));
  }

  protected override doMultiplyPlainAdd(sum: Ciphertext, a: Ciphertext, b: Plaintext): void {
    this.#run("multiplyPlain", (e) => {
      e.multiplyPlain(this.#own(a).handle, plaintextHandle(b), this.#scratch);
      e.addInplace(this.#own(sum).handle, this.#scratch);
    });
  }

  protected override doMultiply(a: Ciphertext, b: Ciphertext): void {
    this.#run("multiply", (e) => e.multiplyInplace(this.#own(a).handle, this.#own(b).handle));
  }

  protected override doSquare(a: Ciphertext): void {
    this.#run("square", (e) => e.squareInplace(this.#own(a).handle));
  }

  protected override doRelinearize(a: Ciphertext): void {
    this.#run("relinearize", (e) => e.relinearizeInplace(this.#own(a).handle, this.#keys.relinKeys));
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

  #run(operation: string, work: (evaluator: SealEvaluatorHandle) => void): void {
    this.#seal.attempt(operation, () => work(this.#evaluator));
  }

  #own(a: Ciphertext): SealCiphertext {
    if (!(a instanceof SealCiphertext) || a.owner !== this) {
      throw new InputError(
        `ciphertext: it belongs to another context; save it there and load it here, as it would travel`,
      );
    }
    if (a.handle.isDeleted()) throw new InputError(`ciphertext: it was disposed of already`);
    return a;
  }
}

function plaintextHandle(b: Plaintext): SealPlaintextHandle {
  if (!(b instanceof SealPlaintext)) {
    throw new InputError(`plaintext: it was encoded by another evaluator; encode it with this one`);
  }
  return b.handle;
}

/**
 * The same number in every slot is a constant polynomial, and a constant polynomial in NTT form is that constant,
 * reduced modulo each prime, in every coefficient. Writing those coefficients into SEAL's serialised form and
 * loading it skips the encoder's FFT and NTT.
 */
class ConstantPolynomials {
  // SEAL 4.1.2, Plaintext::save_members after the 16-byte SEALHeader: parms_id (32 bytes), coeff_count (8),
  // scale (8), then a DynArray whose last N·level 64-bit words are the coefficients, prime by prime.
  static readonly #scaleOffset = 16 + 32 + 8;
  readonly #templates = new Map<number, Uint8Array>();

  constructor(
    private readonly parameters: CkksParameters,
    private readonly encodeOne: (at: LevelAndScale) => Uint8Array,
  ) {}

  /** Valid until the next call. */
  serialize(integer: number, { level, scale }: LevelAndScale): Uint8Array {
    const bytes = this.#template(level);
    new DataView(bytes.buffer, bytes.byteOffset).setFloat64(ConstantPolynomials.#scaleOffset, scale, true);
    const { polyModulusDegree, coeffModulus } = this.parameters;
    const start = bytes.length - 8 * polyModulusDegree * level;
    const coefficients = new BigUint64Array(
      bytes.buffer,
      bytes.byteOffset + start,
      polyModulusDegree * level,
    );
    const constant = BigInt(integer);
    for (let i = 0; i < level; i++) {
      const residue = ((constant % coeffModulus[i]) + coeffModulus[i]) % coeffModulus[i];
      coefficients.fill(residue, i * polyModulusDegree, (i + 1) * polyModulusDegree);
    }
    return bytes;
  }

  #template(level: number): Uint8Array {
    let template = this.#templates.get(level);
    if (!template) {
      template = Uint8Array.from(this.encodeOne({ level, scale: 1024 }));
      this.#templates.set(level, template);
    }
    return template;
  }
}
