import { InputError } from "../errors.js";
import { maxAbs } from "../tensor/tensor.js";
import { finished, type Ciphertext, type LevelAndScale, type Plaintext } from "./ciphertext.js";
import { noOperations, type Operation, type OperationCounts } from "./operation-counts.js";
import { formatChain, lastPrime, modulusBits, type CkksParameters } from "./parameters.js";
import { requireRotation, type RotationStep } from "./rotation-keys.js";

/**
 * Computes on ciphertexts without the secret key, with SEAL's names. A model runs on any evaluator unchanged:
 * `SealEvaluator` works on real ciphertexts, `ClearEvaluator` is its twin on plain numbers.
 *
 * Preconditions are checked here, once for all evaluators. Operations ending in `Inplace` change their first
 * operand; the others return something new that the caller owns.
 */
export abstract class Evaluator {
  readonly parameters: CkksParameters;
  readonly #counts: Record<Operation, number> = { ...noOperations };

  constructor(parameters: CkksParameters) {
    this.parameters = parameters;
  }

  /** Operations run since this evaluator was made. */
  get operations(): OperationCounts {
    return { ...this.#counts };
  }

  /**
   * Encodes one value for every slot: exact to 1 / (2·scale), and about an order of magnitude cheaper than `encode` at N = 8192.
   *
   * @throws InputError if the value is not finite or too large for the level
   */
  encodeScalar(value: number, at: LevelAndScale): Plaintext {
    this.requireRoom("encodeScalar", [value], at);
    return this.doEncodeScalar(value, at);
  }

  /**
   * Encodes up to N / 2 values, one a slot; the other slots are zero.
   *
   * @throws InputError if a value is not finite, too large for the level, or there are too many
   */
  encode(values: Float64Array, at: LevelAndScale): Plaintext {
    if (values.length > this.parameters.slots) {
      throw new InputError(`encode: expected at most ${this.parameters.slots} values, got ${values.length}`);
    }
    // SEAL's encoder wants a spare bit for the scale and another for the values.
    this.requireRoom("encode", values, at, 2);
    this.requireScale("encode", at, 1);
    return this.doEncode(values, at);
  }

  /** The N / 2 slots of a plaintext, with the error that rounding at its scale made; needs no key. */
  abstract decode(plaintext: Plaintext): Float64Array;

  /** A fresh encryption of zero under the public key: what is left where every term of a sum is zero. */
  encryptZero(at: LevelAndScale): Ciphertext {
    this.requireRoom("encryptZero", [0], at);
    return this.doEncryptZero(at);
  }

  abstract copy(a: Ciphertext): Ciphertext;

  /** @throws InputError if levels or scales differ */
  add(a: Ciphertext, b: Ciphertext): Ciphertext {
    return this.derive(a, (sum) => this.addInplace(sum, b));
  }

  /** @throws InputError if levels or scales differ */
  addInplace(a: Ciphertext, b: Ciphertext): void {
    this.requireSameLevel("add", a, b);
    this.requireSameScale("add", a, b);
    this.doAdd(a, b);
    this.#counts.add++;
  }

  /** @throws InputError if levels or scales differ, or both are one and the same (the result would be transparent) */
  sub(a: Ciphertext, b: Ciphertext): Ciphertext {
    this.requireSameLevel("sub", a, b);
    this.requireSameScale("sub", a, b);
    if (a === b) {
      throw new InputError(
        `sub: a ciphertext minus itself is transparent: anyone can read its zero; use encryptZero`,
      );
    }
    return this.derive(a, (difference) => {
      this.doSub(difference, b);
      this.#counts.add++;
    });
  }

  /** @throws InputError if levels or scales differ */
  addPlain(a: Ciphertext, b: Plaintext): Ciphertext {
    return this.derive(a, (sum) => this.addPlainInplace(sum, b));
  }

  /** @throws InputError if levels or scales differ */
  addPlainInplace(a: Ciphertext, b: Plaintext): void {
    this.requireSameLevel("addPlain", a, b);
    this.requireSameScale("addPlain", a, b);
    this.doAddPlain(a, b);
    this.#counts.add++;
  }

  /** @throws InputError if levels differ, the plaintext is zero, or the product's scale is out of bounds */
  multiplyPlain(a: Ciphertext, b: Plaintext): Ciphertext {
    return this.derive(a, (product) => {
      this.requireFactor("multiplyPlain", a, b);
      this.doMultiplyPlain(product, b);
      this.#counts.multiplyPlain++;
    });
  }

  /**
   * sum ← sum + a·b without an intermediate result to free.
   *
   * @throws InputError as `multiplyPlain` and `add` do
   */
  multiplyPlainAddInplace(sum: Ciphertext, a: Ciphertext, b: Plaintext): void {
    this.requireFactor("multiplyPlain", a, b);
    this.requireSameScale("add", sum, { level: a.level, scale: a.scale * b.scale });
    this.doMultiplyPlainAdd(sum, a, b);
    this.#counts.multiplyPlain++;
    this.#counts.add++;
  }

  /**
   * Σ wᵢ·xᵢ with scalar weights, each rounded to an integer at `weightScale`: what a neuron computes. Counts as one
   * `multiplyPlain` a weight that does not round to zero, and the additions between them. Where all do, the result is
   * an encryption of zero.
   *
   * @returns a ciphertext at the inputs' scale times `weightScale`
   * @throws InputError if levels, scales or lengths differ, or weights or the scale are out of bounds
   */
  weightedSum(inputs: readonly Ciphertext[], weights: ArrayLike<number>, weightScale: number): Ciphertext {
    if (inputs.length === 0 || inputs.length !== weights.length) {
      throw new InputError(
        `weightedSum: expected a weight for each input, got ${weights.length} for ${inputs.length}`,
      );
    }
    const [{ level, scale }] = inputs;
    for (const input of inputs) {
      this.requireSize("weightedSum", input, 2);
      this.requireSameLevel("weightedSum", inputs[0], input);
      this.requireSameScale("weightedSum", inputs[0], input);
    }
    const product = { level, scale: scale * weightScale };
    this.requireRoom("weightedSum", weights, { level, scale: weightScale });
    this.requireScale("weightedSum", product);
    const integers = Array.from(weights, (weight) => Math.round(weight * weightScale));
    const terms = inputs.filter((_, i) => integers[i] !== 0);
    if (terms.length === 0) return this.doEncryptZero(product);
    const sum = this.doWeightedSum(
      terms,
      integers.filter((integer) => integer !== 0),
      product.scale,
    );
    this.#counts.multiplyPlain += terms.length;
    this.#counts.add += terms.length - 1;
    return sum;
  }

  /** Gives 3 polynomials. @throws InputError if levels differ, an operand has 3, or the scale is out of bounds */
  multiply(a: Ciphertext, b: Ciphertext): Ciphertext {
    this.requireSameLevel("multiply", a, b);
    this.requireSize("multiply", a, 2);
    this.requireSize("multiply", b, 2);
    this.requireScale("multiply", { level: a.level, scale: a.scale * b.scale });
    return this.derive(a, (product) => {
      this.doMultiply(product, b);
      this.#counts.multiply++;
    });
  }

  /** Gives 3 polynomials. @throws InputError if it has 3 already, or the scale is out of bounds */
  square(a: Ciphertext): Ciphertext {
    return this.derive(a, (squared) => this.squareInplace(squared));
  }

  squareInplace(a: Ciphertext): void {
    this.requireSize("square", a, 2);
    this.requireScale("square", { level: a.level, scale: a.scale * a.scale });
    this.doSquare(a);
    this.#counts.square++;
  }

  /** Back from 3 polynomials to 2. @throws InputError if there are not 3 */
  relinearize(a: Ciphertext): Ciphertext {
    return this.derive(a, (result) => this.relinearizeInplace(result));
  }

  relinearizeInplace(a: Ciphertext): void {
    this.requireSize("relinearize", a, 3);
    this.doRelinearize(a);
    this.#counts.relinearize++;
  }

  /**
   * Moves every slot's value `step` slots to the left, around the end: slot i of the result is slot i + step. Or
   * conjugates all slots; counts as a rotation too, as it costs the same.
   *
   * @throws InputError if there are 3 polynomials, no such rotation, or no key for it at this level
   */
  rotate(a: Ciphertext, step: RotationStep): Ciphertext {
    this.requireSize("rotate", a, 2);
    requireRotation(this.parameters, { step, level: a.level });
    const rotated = this.doRotate(a, step);
    this.#counts.rotate++;
    return rotated;
  }

  /** Divides by the last prime and drops it: scale / prime, level − 1. @throws InputError at level 1 */
  rescaleToNext(a: Ciphertext): Ciphertext {
    return this.derive(a, (result) => this.rescaleToNextInplace(result));
  }

  rescaleToNextInplace(a: Ciphertext): void {
    if (a.level === 1) {
      throw new InputError(
        `rescale: level exhausted: only the first prime of ${formatChain(this.parameters)} is left; ` +
          `use a chain with one prime more`,
      );
    }
    this.doRescale(a, a.scale / lastPrime(this.parameters, a.level));
    this.#counts.rescale++;
  }

  /** Drops primes without dividing, so that levels match. @throws InputError if `level` is above the operand's */
  modSwitchTo(a: Ciphertext, level: number): Ciphertext {
    return this.derive(a, (result) => this.modSwitchToInplace(result, level));
  }

  modSwitchToInplace(a: Ciphertext, level: number): void {
    if (!Number.isInteger(level) || level < 1 || level > a.level) {
      throw new InputError(`modSwitchTo: expected a level from 1 to ${a.level}, got ${level}`);
    }
    this.requireScale("modSwitchTo", { level, scale: a.scale });
    if (level < a.level) this.doModSwitch(a, level);
  }

  /**
   * Declares another scale, which divides the values by scale / old scale for free: no level, no noise.
   *
   * @throws InputError if the scale is out of bounds
   */
  setScaleInplace(a: Ciphertext, scale: number): void {
    this.requireScale("setScale", { level: a.level, scale });
    this.doSetScale(a, scale);
  }

  protected abstract doEncodeScalar(value: number, at: LevelAndScale): Plaintext;
  protected abstract doEncode(values: Float64Array, at: LevelAndScale): Plaintext;
  protected abstract doEncryptZero(at: LevelAndScale): Ciphertext;
  protected abstract doAdd(a: Ciphertext, b: Ciphertext): void;
  protected abstract doSub(a: Ciphertext, b: Ciphertext): void;
  protected abstract doAddPlain(a: Ciphertext, b: Plaintext): void;
  protected abstract doMultiplyPlain(a: Ciphertext, b: Plaintext): void;
  protected abstract doMultiplyPlainAdd(sum: Ciphertext, a: Ciphertext, b: Plaintext): void;
  protected abstract doWeightedSum(
    inputs: readonly Ciphertext[],
    integers: readonly number[],
    scale: number,
  ): Ciphertext;
  protected abstract doMultiply(a: Ciphertext, b: Ciphertext): void;
  protected abstract doSquare(a: Ciphertext): void;
  protected abstract doRelinearize(a: Ciphertext): void;
  protected abstract doRotate(a: Ciphertext, step: RotationStep): Ciphertext;
  protected abstract doRescale(a: Ciphertext, scale: number): void;
  protected abstract doModSwitch(a: Ciphertext, level: number): void;
  protected abstract doSetScale(a: Ciphertext, scale: number): void;

  private derive(a: Ciphertext, change: (result: Ciphertext) => void): Ciphertext {
    return finished(this.copy(a), change);
  }

  private requireRoom(operation: string, values: ArrayLike<number>, at: LevelAndScale, spareBits = 1): void {
    if (!Number.isInteger(at.level) || at.level < 1 || at.level > this.parameters.levels) {
      throw new InputError(
        `${operation}: expected a level from 1 to ${this.parameters.levels}, got ${at.level}`,
      );
    }
    this.requireScale(operation, at);
    const largest = maxAbs(values);
    if (!Number.isFinite(largest)) {
      throw new InputError(`${operation}: expected finite numbers, got ${largest}`);
    }
    const room = modulusBits(this.parameters, at.level) - spareBits;
    if (Math.log2(largest * at.scale) >= room) {
      throw new InputError(
        `${operation}: ${largest} at a scale of 2^${Math.log2(at.scale).toFixed(1)} does not fit into ` +
          `${room.toFixed(0)} bits at level ${at.level}; lower the scale or the values`,
      );
    }
  }

  // SEAL's is_scale_within_bounds asks the same of every product.
  private requireScale(operation: string, { level, scale }: LevelAndScale, spareBits = 0): void {
    const room = modulusBits(this.parameters, level) - spareBits;
    if (!(scale > 0 && Math.log2(scale) < room)) {
      throw new InputError(
        `${operation}: scale out of bounds: 2^${Math.log2(scale).toFixed(1)} does not fit into the ` +
          `${room.toFixed(0)} bits left at level ${level} of ${formatChain(this.parameters)}; ` +
          `rescale before, lower the scales, or use a longer chain`,
      );
    }
  }

  private requireFactor(operation: string, a: Ciphertext, b: Plaintext): void {
    this.requireSameLevel(operation, a, b);
    this.requireScale(operation, { level: a.level, scale: a.scale * b.scale });
    if (b.isZero) {
      throw new InputError(
        `${operation}: a product with zero is transparent: anyone can read it; leave the term out or use encryptZero`,
      );
    }
  }

  private requireSameLevel(operation: string, a: LevelAndScale, b: LevelAndScale): void {
    if (a.level !== b.level) {
      throw new InputError(
        `${operation}: levels differ: ${a.level} and ${b.level}; modSwitchTo the lower level first`,
      );
    }
  }

  // SEAL's are_close: scales may differ by rounding of doubles only.
  private requireSameScale(operation: string, a: LevelAndScale, b: LevelAndScale): void {
    if (Math.abs(a.scale - b.scale) >= Number.EPSILON * Math.max(a.scale, b.scale, 1)) {
      throw new InputError(
        `${operation}: scale mismatch: 2^${Math.log2(a.scale).toFixed(6)} and 2^${Math.log2(b.scale).toFixed(6)}; ` +
          `rescale or encode so that they agree`,
      );
    }
  }

  private requireSize(operation: string, a: Ciphertext, size: number): void {
    if (a.size !== size) {
      throw new InputError(
        `${operation}: expected a ciphertext of ${size} polynomials, got ${a.size}` +
          (a.size === 3 ? "; relinearize it first" : ""),
      );
    }
  }
}
