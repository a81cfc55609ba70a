import { InputError } from "../errors.js";
import { maxAbs } from "../tensor/tensor.js";
import { coefficientsOf } from "./canonical-embedding.js";
import type { Ciphertext, LevelAndScale, Plaintext } from "./ciphertext.js";
import { Evaluator } from "./evaluator.js";
import { defaultEvaluator, type EvaluatorKind } from "./evaluator-kind.js";
import { headroomBits, noiseModel, type NoiseModel } from "./noise.js";
import { formatChain, lastPrime, requireParameters, type CkksParameters } from "./parameters.js";
import type { RotationStep } from "./rotation-keys.js";

class ClearPlaintext implements Plaintext {
  constructor(
    readonly values: Float64Array,
    readonly level: number,
    readonly scale: number,
    readonly isZero: boolean,
    /** Standard deviation of the encoding error, in units of 1 / scale. */
    readonly noise: number,
  ) {}

  [Symbol.dispose](): void {
    // Plain memory: nothing to free.
  }
}

/** What a ciphertext would hold if it could be read, and what noise theory says about it. */
export class ClearCiphertext implements Ciphertext {
  size = 2;

  constructor(
    readonly owner: ClearEvaluator,
    readonly values: Float64Array,
    public level: number,
    public scale: number,
    /** Predicted standard deviation of the error in a slot, in units of 1 / scale. */
    public noise: number,
  ) {}

  /** Predicted standard deviation of the error in a slot, in the values' own unit. */
  get predictedError(): number {
    return this.noise / this.scale;
  }

  [Symbol.dispose](): void {
    // Plain memory: nothing to free.
  }
}

/**
 * The slot-exact twin of `SealEvaluator` on plain numbers: same levels, same scales, same operation counts, and the
 * error that noise theory predicts. It refuses what SEAL refuses, and also values that outgrow the modulus, which
 * SEAL would silently wrap around. Only SEAL sees that a sum's operands cancel out into a transparent ciphertext.
 */
export class ClearEvaluator extends Evaluator {
  readonly name = "the clear twin of SEAL";
  readonly kind = "clear";
  readonly #noise: NoiseModel;

  /** @param noiseOf whose noise it predicts */
  constructor(parameters: CkksParameters, noiseOf: EvaluatorKind = defaultEvaluator) {
    super(parameters);
    requireParameters("ClearEvaluator", parameters);
    this.#noise = noiseModel(parameters, noiseOf);
  }

  /** What a symmetric encryption would hold: a fresh one at the top level, or one that stands elsewhere. */
  encrypt(
    values: Float64Array,
    at: LevelAndScale = { level: this.parameters.levels, scale: 2 ** this.parameters.scaleBits },
  ): ClearCiphertext {
    const { values: slots, level, scale } = this.encode(values, at) as ClearPlaintext;
    return new ClearCiphertext(this, slots, level, scale, this.#noise.fresh);
  }

  /** The slots, without the predicted error. */
  decrypt(a: Ciphertext): Float64Array {
    return this.#own(a).values.slice();
  }

  /** The slots, without the rounding error. */
  decode(plaintext: Plaintext): Float64Array {
    return clearPlaintext(plaintext).values.slice();
  }

  copy(a: Ciphertext): Ciphertext {
    const own = this.#own(a);
    const copy = new ClearCiphertext(this, own.values.slice(), own.level, own.scale, own.noise);
    copy.size = own.size;
    return copy;
  }

  save(a: Ciphertext): Uint8Array {
    const { values, level, scale, noise, size } = this.#own(a);
    return new Uint8Array(Float64Array.of(level, scale, noise, size, ...values).buffer);
  }

  load(bytes: Uint8Array): Ciphertext {
    const length = 8 * (4 + this.parameters.slots);
    if (!(bytes instanceof Uint8Array) || bytes.length !== length) {
      throw new InputError(`load: expected the ${length} bytes of a clear ciphertext, got ${bytes?.length}`);
    }
    const [level, scale, noise, size, ...values] = new Float64Array(Uint8Array.from(bytes).buffer);
    if (size !== 2)
      throw new InputError(`load: expected a relinearized ciphertext of 2 polynomials, got ${size}`);
    return new ClearCiphertext(this, Float64Array.from(values), level, scale, noise);
  }

  protected override doEncodeScalar(value: number, { level, scale }: LevelAndScale): ClearPlaintext {
    const integer = Math.round(value * scale);
    const values = new Float64Array(this.parameters.slots).fill(integer / scale);
    return new ClearPlaintext(values, level, scale, integer === 0, Math.abs(value * scale - integer));
  }

  protected override doEncode(values: Float64Array, { level, scale }: LevelAndScale): ClearPlaintext {
    const slots = new Float64Array(this.parameters.slots);
    slots.set(values);
    return new ClearPlaintext(slots, level, scale, roundsToZero(slots, scale), this.#noise.encoding);
  }

  protected override doEncryptZero({ level, scale }: LevelAndScale): Ciphertext {
    const zero = new Float64Array(this.parameters.slots);
    return new ClearCiphertext(this, zero, level, scale, this.#noise.freshPublicKey);
  }

  protected override doAdd(a: Ciphertext, b: Ciphertext): void {
    this.#addScaled(a, b, 1);
  }

  protected override doSub(a: Ciphertext, b: Ciphertext): void {
    this.#addScaled(a, b, -1);
  }

  #addScaled(a: Ciphertext, b: Ciphertext, sign: 1 | -1): void {
    const [left, right] = [this.#own(a), this.#own(b)];
    right.values.forEach((value, i) => (left.values[i] += sign * value));
    left.noise = Math.hypot(left.noise, right.noise);
    left.size = Math.max(left.size, right.size);
    this.requireHeadroom("add", left);
  }

  protected override doAddPlain(a: Ciphertext, b: Plaintext): void {
    const [left, right] = [this.#own(a), clearPlaintext(b)];
    right.values.forEach((value, i) => (left.values[i] += value));
    left.noise = Math.hypot(left.noise, right.noise);
    this.requireHeadroom("addPlain", left);
  }

  protected override doMultiplyPlain(a: Ciphertext, b: Plaintext): void {
    const [left, right] = [this.#own(a), clearPlaintext(b)];
    left.noise = productNoise(left, right);
    right.values.forEach((value, i) => (left.values[i] *= value));
    left.scale *= right.scale;
    this.requireHeadroom("multiplyPlain", left);
  }

  protected override doMultiplyPlainAdd(sum: Ciphertext, a: Ciphertext, b: Plaintext): void {
    const [total, left, right] = [this.#own(sum), this.#own(a), clearPlaintext(b)];
    for (let i = 0; i < total.values.length; i++) total.values[i] += left.values[i] * right.values[i];
    total.noise = Math.hypot(total.noise, productNoise(left, right));
    total.size = Math.max(total.size, left.size);
    this.requireHeadroom("add", total);
  }

  /** Counts what rounding the weights to integers does, too: much, where small weights meet large values. */
  override weightedSum(
    inputs: readonly Ciphertext[],
    weights: ArrayLike<number>,
    weightScale: number,
  ): ClearCiphertext {
    const sum = this.#own(super.weightedSum(inputs, weights, weightScale));
    inputs.forEach((input, i) => {
      const integer = weights[i] * weightScale;
      const { values, scale } = this.#own(input);
      sum.noise = Math.hypot(sum.noise, (integer - Math.round(integer)) * maxAbs(values) * scale);
    });
    return sum;
  }

  protected override doWeightedSum(
    inputs: readonly Ciphertext[],
    integers: readonly number[],
    scale: number,
  ): Ciphertext {
    const own = inputs.map((input) => this.#own(input));
    const values = new Float64Array(this.parameters.slots);
    own.forEach((input, i) => {
      const weight = (integers[i] * input.scale) / scale;
      for (let slot = 0; slot < values.length; slot++) values[slot] += weight * input.values[slot];
    });
    const noise = Math.hypot(...own.map((input, i) => integers[i] * input.noise));
    const sum = new ClearCiphertext(this, values, own[0].level, scale, noise);
    this.requireHeadroom("weightedSum", sum);
    return sum;
  }

  protected override doMultiply(a: Ciphertext, b: Ciphertext): void {
    const [left, right] = [this.#own(a), this.#own(b)];
    left.noise = productNoise(left, right);
    right.values.forEach((value, i) => (left.values[i] *= value));
    left.scale *= right.scale;
    left.size = 3;
    this.requireHeadroom("multiply", left);
  }

  protected override doSquare(a: Ciphertext): void {
    const own = this.#own(a);
    // Both factors carry the same error, so it adds up instead of averaging out: (m + e)² ≈ m² + 2me.
    own.noise = Math.hypot(2 * maxAbs(own.values) * own.scale * own.noise, own.noise ** 2);
    own.values.forEach((value, i) => (own.values[i] = value * value));
    own.scale *= own.scale;
    own.size = 3;
    this.requireHeadroom("square", own);
  }

  protected override doRelinearize(a: Ciphertext): void {
    const own = this.#own(a);
    own.noise = Math.hypot(own.noise, this.#noise.keySwitch(own.level));
    own.size = 2;
  }

  protected override doRotate(a: Ciphertext, step: RotationStep): Ciphertext {
    const { values, level, scale, noise } = this.#own(a);
    const { slots } = this.parameters;
    // The twin's slots are real: conjugated, they are what they were.
    const distance = step === "conjugate" ? 0 : step;
    const moved = Float64Array.from({ length: slots }, (_, i) => values[(i + distance) % slots]);
    return new ClearCiphertext(this, moved, level, scale, Math.hypot(noise, this.#noise.keySwitch(level)));
  }

  protected override doRescale(a: Ciphertext, scale: number): void {
    const own = this.#own(a);
    own.noise = Math.hypot(own.noise / lastPrime(this.parameters, own.level), this.#noise.rounding(own.size));
    own.scale = scale;
    own.level--;
    this.requireHeadroom("rescale", own);
  }

  protected override doModSwitch(a: Ciphertext, level: number): void {
    const own = this.#own(a);
    own.level = level;
    this.requireHeadroom("modSwitchTo", own);
  }

  protected override doSetScale(a: Ciphertext, scale: number): void {
    const own = this.#own(a);
    own.values.forEach((value, i) => (own.values[i] = (value * own.scale) / scale));
    own.scale = scale;
  }

  /** @throws InputError if a value is larger than there is room for */
  protected requireHeadroom(operation: string, { values, scale, level }: ClearCiphertext): void {
    const largest = maxAbs(values);
    if (largest > 0 && headroomBits(this.parameters, level, scale, largest) < 0) {
      throw new InputError(
        `${operation}: ${largest.toPrecision(3)} at a scale of 2^${Math.log2(scale).toFixed(1)} outgrows the primes ` +
          `left at level ${level} of ${formatChain(this.parameters)} and would wrap around; lower the scales`,
      );
    }
  }

  #own(a: Ciphertext): ClearCiphertext {
    if (!(a instanceof ClearCiphertext) || a.owner !== this) {
      throw new InputError(`ciphertext: it belongs to another context`);
    }
    return a;
  }
}

interface NoisyValues {
  readonly values: Float64Array;
  readonly scale: number;
  readonly noise: number;
}

function productNoise(a: NoisyValues, b: NoisyValues): number {
  return Math.hypot(
    a.noise * maxAbs(b.values) * b.scale,
    b.noise * maxAbs(a.values) * a.scale,
    a.noise * b.noise,
  );
}

/** Whether SEAL's encoder would round every coefficient to zero. */
function roundsToZero(slots: Float64Array, scale: number): boolean {
  const n = 2 * slots.length;
  let [sum, sumOfSquares] = [0, 0];
  for (const value of slots) {
    sum += Math.abs(value);
    sumOfSquares += value * value;
  }
  // No coefficient exceeds the slots' mean magnitude, and one is at least the coefficients' root mean square.
  if (((2 * sum) / n) * scale < 0.5) return true;
  if ((Math.sqrt(2 * sumOfSquares) / n) * scale >= 0.5) return false;
  return coefficientsOf(slots).every((coefficient) => Math.abs(coefficient) * scale < 0.5);
}

function clearPlaintext(b: Plaintext): ClearPlaintext {
  if (!(b instanceof ClearPlaintext)) {
    throw new InputError(`plaintext: it was encoded by another evaluator; encode it with this one`);
  }
  return b;
}
