import { InputError } from "../../errors.js";
import { finished, type Ciphertext, type LevelAndScale, type Plaintext } from "../ciphertext.js";
import { dataPrimes, requireKeySwitching } from "../scheme-parameters.js";
import { live } from "../seal-handles.js";
import { wordBytes } from "../seal-format.js";
import { SealOperations, type EvaluationKeyHandles } from "../seal-operations.js";
import type { Seal, SealCiphertextHandle, SealPlaintextHandle } from "../seal.js";
import type { WeightedSumMethod } from "../weighted-sum.js";
import { BfvCiphertext, BfvPlaintext } from "./ciphertext.js";
import type { BfvParameters } from "./parameters.js";
import { BfvSlotCodec, digitsAt } from "./slot-codec.js";
import { WeightCache } from "./weight-cache.js";

/**
 * Computes on BFV ciphertexts, in either encoding. Made by a `PublicContext`. SEAL's BFV knows no scale: this keeps it beside
 * each ciphertext. Integers grow in scale with every product; in the fractional encoding digits carry the fraction, and the
 * scale is 1 but for what average pools declare.
 */
export class BfvEvaluator extends SealOperations<BfvParameters, BfvCiphertext> {
  readonly name = "SEAL";
  readonly #seal: Seal<BfvParameters>;
  readonly #codec: BfvSlotCodec;
  readonly #weights: WeightCache;

  /** @param keys a client's; without any, it encodes and computes all that needs none */
  constructor(seal: Seal<BfvParameters>, keys?: EvaluationKeyHandles) {
    super(seal, keys);
    this.#seal = seal;
    const { parameters } = seal;
    this.#codec = new BfvSlotCodec(seal, parameters);
    const bytes = dataPrimes(parameters, 1) * parameters.polyModulusDegree * wordBytes;
    this.#weights = new WeightCache(bytes, (weight) => this.#encodeWeight(weight));
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#codec[Symbol.dispose]();
    this.#weights[Symbol.dispose]();
  }

  /**
   * Takes in a ciphertext that has travelled. Its scale, which SEAL's bytes do not say, is taken for that of a fresh one;
   * `setScaleInplace` says otherwise.
   *
   * @throws InputError unless the bytes are a relinearized ciphertext under these parameters
   */
  load(bytes: Uint8Array): Ciphertext {
    return this.loadWith(bytes, (handle) => new BfvCiphertext(this, handle, 2 ** this.parameters.scaleBits));
  }

  decode(plaintext: Plaintext): Float64Array {
    return this.#seal.attempt("decode", () => this.#codec.decode(this.plain(plaintext), plaintext.scale));
  }

  protected override doEncodeScalar(value: number, { scale }: LevelAndScale): BfvPlaintext {
    const digits = digitsAt(this.parameters, value, scale);
    return this.#plaintext("encodeScalar", scale, (handle) => this.#codec.encodeDigits(digits, handle));
  }

  protected override doEncode(values: Float64Array, { scale }: LevelAndScale): BfvPlaintext {
    return this.#plaintext("encode", scale, (handle) => this.#codec.encode(values, scale, handle));
  }

  #plaintext(operation: string, scale: number, fill: (handle: SealPlaintextHandle) => void): BfvPlaintext {
    return finished(new BfvPlaintext(this.#seal, new this.#seal.module.Plaintext(), scale), ({ handle }) =>
      this.run(operation, () => fill(handle)),
    );
  }

  protected override doEncryptZero({ scale }: LevelAndScale): Ciphertext {
    return finished(this.#empty(scale), ({ handle }) => this.encryptZeroInto(handle));
  }

  protected override doMultiplyPlain(a: Ciphertext, b: Plaintext): void {
    super.doMultiplyPlain(a, b);
    this.own(a).scale *= b.scale;
  }

  /** Fractions: weights are polynomials, and products cheap in NTT form; only the sum is brought back from it. */
  protected override sumOfProducts(
    inputs: readonly Ciphertext[],
    weights: ArrayLike<number>,
    product: LevelAndScale,
  ): Ciphertext {
    if (this.parameters.encoding === "integers") return super.sumOfProducts(inputs, weights, product);
    const weightScale = product.scale / inputs[0].scale;
    const sum = this.#empty(product.scale);
    let terms = 0;
    return finished(sum, ({ handle }) => {
      this.run("weightedSum", (evaluator) => {
        inputs.forEach((input, i) => {
          const weight = this.#weights.at(weights[i] * weightScale);
          if (!weight) return;
          evaluator.multiplyPlain(this.#inNttForm(input), weight, terms === 0 ? handle : this.scratch);
          if (terms++ > 0) evaluator.addInplace(handle, this.scratch);
        });
        if (terms === 0) this.encryptZeroInto(handle);
      });
      this.count({ multiplyPlain: terms, add: Math.max(0, terms - 1) });
    });
  }

  /** @returns undefined where it rounds to zero */
  #encodeWeight(weight: number): SealPlaintextHandle | undefined {
    const digits = digitsAt(this.parameters, weight, 1);
    if (digits.coefficients.length === 0) return undefined;
    const { handle } = this.#plaintext("weightedSum", 1, (plain) => {
      this.#codec.encodeDigits(digits, plain);
      this.run("weightedSum", (evaluator) =>
        evaluator.plainTransformToNttInplace(plain, this.#seal.parmsIdAt(1)),
      );
    });
    return handle;
  }

  protected override doWeightedSum(
    inputs: readonly Ciphertext[],
    integers: readonly number[],
    scale: number,
    { windows }: WeightedSumMethod,
  ): Ciphertext {
    const handles = inputs.map((input) => this.own(input).handle);
    return finished(this.#empty(scale), ({ handle }) =>
      this.run("weightedSum", (evaluator) => {
        if (windows) {
          this.sumByBuckets(handle, handles, integers, windows);
          return;
        }
        handles.forEach((input, i) => {
          using weight = this.doEncodeScalar(integers[i], { level: 1, scale: 1 });
          evaluator.multiplyPlain(input, weight.handle, i === 0 ? handle : this.scratch);
          if (i > 0) evaluator.addInplace(handle, this.scratch);
        });
      }),
    );
  }

  protected override doMultiply(a: Ciphertext, b: Ciphertext): void {
    super.doMultiply(a, b);
    this.own(a).scale *= b.scale;
  }

  protected override doSquare(a: Ciphertext): void {
    super.doSquare(a);
    this.own(a).scale *= a.scale;
  }

  protected override doRelinearize(a: Ciphertext): void {
    requireKeySwitching("relinearize", this.parameters);
    super.doRelinearize(a);
  }

  protected override doSetScale(a: Ciphertext, scale: number): void {
    this.own(a).scale = scale;
  }

  // The checks that stand before these let nothing through in BFV.
  protected override doRotate = (): never => notInBfv("rotate");
  protected override doRescale = (): never => notInBfv("rescale");
  protected override doModSwitch = (): never => notInBfv("modSwitchTo");

  #empty(scale: number): BfvCiphertext {
    return new BfvCiphertext(this, new this.#seal.module.Ciphertext(), scale);
  }

  protected override like({ scale }: BfvCiphertext, handle: SealCiphertextHandle): BfvCiphertext {
    return new BfvCiphertext(this, handle, scale);
  }

  protected override own(a: Ciphertext): BfvCiphertext {
    const own = this.#mine(a);
    if (own.handle.isNttForm()) {
      this.run("ciphertext", (evaluator) => evaluator.cipherTransformFromNttInplace(own.handle));
    }
    return own;
  }

  /** The same ciphertext in the form that products with plaintexts are cheap in; it stays in it until it is used otherwise. */
  #inNttForm(a: Ciphertext): SealCiphertextHandle {
    const { handle } = this.#mine(a);
    if (!handle.isNttForm()) {
      this.run("ciphertext", (evaluator) => evaluator.cipherTransformToNttInplace(handle));
    }
    return handle;
  }

  #mine(a: Ciphertext): BfvCiphertext {
    if (!(a instanceof BfvCiphertext) || a.owner !== this) {
      throw new InputError(
        `ciphertext: it belongs to another context; save it there and load it here, as it would travel`,
      );
    }
    live("ciphertext", a.handle);
    return a;
  }
}

function notInBfv(operation: string): never {
  throw new InputError(`${operation}: BFV has none; use CKKS parameters`);
}
