import type { Ciphertext, LevelAndScale } from "./ciphertext.js";
import { ClearEvaluator, type ClearCiphertext } from "./clear-evaluator.js";
import type { EvaluatorKind } from "./evaluator-kind.js";
import { digitShares, noiseModel, type DigitShares, type NoiseModel } from "./noise.js";
import type { CkksParameters } from "./parameters.js";

export interface NoisyOptions {
  /** Whose noise it has. */
  readonly evaluator: EvaluatorKind;
  /** Standard normal numbers. */
  gaussian(): number;
  /** Which slot of a real ciphertext each of the twin's slots stands for; each for itself if left out. */
  slotOf?(index: number): number;
}

/**
 * The clear twin of layer-by-layer runs with random errors in its values, of the sizes that noise theory predicts. Where
 * `ClearCiphertext.predictedError` follows sizes alone, and takes all errors for independent, here those that sums have in
 * common stay so, and a square squares them, too. It knows the errors of what such runs do: weights and biases are scalars,
 * whose rounding all clear twins show in their values, and nothing rotates.
 *
 * A slot may stand for any slot of a real ciphertext, and several for the same one, each under a key of its own.
 */
export class NoisyEvaluator extends ClearEvaluator {
  readonly #noise: NoiseModel;
  readonly #options: Required<NoisyOptions>;
  /** By slot of a real ciphertext. */
  readonly #shares: DigitShares[] = [];
  /** By level: by slot the sign of what all key switches of a key have in common. */
  readonly #common = new Map<number, Float64Array>();

  constructor(parameters: CkksParameters, { slotOf = (index) => index, ...options }: NoisyOptions) {
    super(parameters, options.evaluator);
    this.#noise = noiseModel(parameters, options.evaluator);
    this.#options = { slotOf, ...options };
  }

  override encrypt(values: Float64Array, at?: LevelAndScale): ClearCiphertext {
    // What rounding the values adds is part of a fresh encryption's noise.
    const fresh = super.encrypt(values, at);
    this.#disturb(fresh, this.#noise.fresh);
    return fresh;
  }

  protected override doEncryptZero(at: LevelAndScale): Ciphertext {
    const zero = super.doEncryptZero(at) as ClearCiphertext;
    this.#disturb(zero, this.#noise.freshPublicKey);
    return zero;
  }

  protected override doRelinearize(a: Ciphertext): void {
    super.doRelinearize(a);
    this.#disturbBySwitch(a as ClearCiphertext);
  }

  protected override doRescale(a: Ciphertext, scale: number): void {
    super.doRescale(a, scale);
    const own = a as ClearCiphertext;
    this.#disturb(own, this.#noise.rounding(own.size));
  }

  /** Values of any size have their errors: what does not fit is another twin's to say. */
  protected override requireHeadroom(): void {}

  /** @param size standard deviation, in units of 1 / scale */
  #disturb({ values, scale }: ClearCiphertext, size: number): void {
    if (size === 0) return;
    const { gaussian } = this.#options;
    for (let i = 0; i < values.length; i++) values[i] += (size / scale) * gaussian();
  }

  /**
   * The mean of SEAL's digits is the same polynomial in every key switch, and so is the key's error that it is multiplied by.
   */
  #disturbBySwitch(switched: ClearCiphertext): void {
    const { values, scale, level } = switched;
    const { gaussian } = this.#options;
    const digits = this.#noise.keySwitchDigits(level);
    const common = this.#commonAt(level, values.length);
    for (let i = 0; i < values.length; i++) {
      const { mean, random } = this.#share(i);
      values[i] += (digits / scale) * (mean * common[i] + random * gaussian());
    }
    this.#disturb(switched, this.#noise.rounding(2));
  }

  #share(index: number): DigitShares {
    const { slotOf, evaluator } = this.#options;
    const slot = slotOf(index);
    return (this.#shares[slot] ??= digitShares(evaluator, this.parameters.polyModulusDegree, slot));
  }

  #commonAt(level: number, slots: number): Float64Array {
    let common = this.#common.get(level);
    if (!common) {
      // Normal errors of so few keys would show another size by chance.
      common = Float64Array.from({ length: slots }, () => Math.sign(this.#options.gaussian()));
      this.#common.set(level, common);
    }
    return common;
  }
}
