import type { TracedEvaluator } from "./evaluator-kind.js";
import { InputError } from "../errors.js";
import { finished, type Ciphertext, type LevelAndScale, type Plaintext } from "./ciphertext.js";
import { noOperations, type Operation, type OperationCounts } from "./operation-counts.js";
import { EvaluatorPrimitives } from "./evaluator-primitives.js";
import { babyStepGiantStep, type GiantStep } from "./linear-transform.js";
import { formatChain, lastPrime, type CkksParameters } from "./parameters.js";
import {
  requireFactor,
  requireRoom,
  requireSameLevel,
  requireSameScale,
  requireScale,
  requireSize,
} from "./preconditions.js";
import { requireRotation, type RotationStep } from "./rotation-keys.js";
import { requireSchemeParameters, type SchemeParameters } from "./scheme-parameters.js";
import { weightedSumMethod } from "./weighted-sum.js";

/**
 * Computes on ciphertexts without the secret key, with SEAL's names. A model runs on any evaluator unchanged:
 * `SealEvaluator` works on real ciphertexts, `ClearEvaluator` is its twin on plain numbers.
 *
 * Preconditions are checked here, once for all evaluators. Operations ending in `Inplace` change their first
 * operand; the others return something new that the caller owns.
 */
export abstract class Evaluator<P extends SchemeParameters = CkksParameters> extends EvaluatorPrimitives {
  /** What computes, as tables and figures call it. */
  abstract readonly name: string;
  /** What computes, as traces say it. */
  abstract readonly kind: TracedEvaluator;
  readonly parameters: P;
  readonly #counts: Record<Operation, number> = { ...noOperations };

  constructor(parameters: P) {
    super();
    requireSchemeParameters("evaluator", parameters);
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
    requireRoom(this.parameters, "encodeScalar", [value], at);
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
    // SEAL's CKKS encoder wants a spare bit for the scale and another for the values.
    const spareBits = this.parameters.scheme === "ckks" ? 1 : 0;
    requireRoom(this.parameters, "encode", values, at, 1 + spareBits);
    requireScale(this.parameters, "encode", at, spareBits);
    return this.doEncode(values, at);
  }

  /**
   * As `encode`, for N / 2 numbers that are random and independent of each other: uniform in ±B they have coefficients of
   * standard deviation B / √(3N), so that B may be larger than a value for which there is room.
   *
   * @throws InputError if a number is not finite
   */
  encodeNoise(noise: Float64Array, at: LevelAndScale): Plaintext {
    const deviation = Math.sqrt(3 * this.parameters.polyModulusDegree);
    const likely = noise.map((value) => value / deviation);
    requireRoom(this.parameters, "encodeNoise", likely, at, 2);
    return this.doEncode(noise, at);
  }

  /** The N / 2 slots of a plaintext, with the error that rounding at its scale made; needs no key. */
  abstract decode(plaintext: Plaintext): Float64Array;

  /** A fresh encryption of zero under the public key: what is left where every term of a sum is zero. */
  encryptZero(at: LevelAndScale): Ciphertext {
    requireRoom(this.parameters, "encryptZero", [0], at);
    return this.doEncryptZero(at);
  }

  /** @throws InputError if levels or scales differ */
  add(a: Ciphertext, b: Ciphertext): Ciphertext {
    return this.derive(a, (sum) => this.addInplace(sum, b));
  }

  /** @throws InputError if levels or scales differ */
  addInplace(a: Ciphertext, b: Ciphertext): void {
    requireSameLevel("add", a, b);
    requireSameScale("add", a, b);
    this.doAdd(a, b);
    this.#counts.add++;
  }

  /** @throws InputError if levels or scales differ, or both are one and the same (the result would be transparent) */
  sub(a: Ciphertext, b: Ciphertext): Ciphertext {
    requireSameLevel("sub", a, b);
    requireSameScale("sub", a, b);
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
    requireSameLevel("addPlain", a, b);
    requireSameScale("addPlain", a, b);
    this.doAddPlain(a, b);
    this.#counts.add++;
  }

  /** @throws InputError if levels differ, the plaintext is zero, or the product's scale is out of bounds */
  multiplyPlain(a: Ciphertext, b: Plaintext): Ciphertext {
    return this.derive(a, (product) => {
      requireFactor(this.parameters, "multiplyPlain", a, b);
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
    requireFactor(this.parameters, "multiplyPlain", a, b);
    requireSameScale("add", sum, { level: a.level, scale: a.scale * b.scale });
    this.doMultiplyPlainAdd(sum, a, b);
    this.#counts.multiplyPlain++;
    this.#counts.add++;
  }

  /**
   * Σ wᵢ·xᵢ with scalar weights, each rounded to an integer at `weightScale`: what a neuron computes. A weight that rounds
   * to zero is left out; where all do, the result is an encryption of zero. Sums that are made of additions alone count
   * those additions, and no product.
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
      requireSize("weightedSum", input, 2);
      requireSameLevel("weightedSum", inputs[0], input);
      requireSameScale("weightedSum", inputs[0], input);
    }
    const product = { level, scale: scale * weightScale };
    requireRoom(this.parameters, "weightedSum", weights, { level, scale: weightScale });
    requireScale(this.parameters, "weightedSum", product);
    return this.sumOfProducts(inputs, weights, product);
  }

  /** `weightedSum` of what it has checked, the product's scale being that of its result. */
  protected sumOfProducts(
    inputs: readonly Ciphertext[],
    weights: ArrayLike<number>,
    product: LevelAndScale,
  ): Ciphertext {
    const weightScale = product.scale / inputs[0].scale;
    const integers = Array.from(weights, (weight) => Math.round(weight * weightScale));
    const terms = inputs.filter((_, i) => integers[i] !== 0);
    if (terms.length === 0) return this.doEncryptZero(product);
    const factors = integers.filter((integer) => integer !== 0);
    const method = weightedSumMethod(factors);
    const sum = this.doWeightedSum(terms, factors, product.scale, method);
    this.#counts.multiplyPlain += method.multiplyPlain;
    this.#counts.add += method.add;
    return sum;
  }

  /** Gives 3 polynomials. @throws InputError if levels differ, an operand has 3, or the scale is out of bounds */
  multiply(a: Ciphertext, b: Ciphertext): Ciphertext {
    requireSameLevel("multiply", a, b);
    requireSize("multiply", a, 2);
    requireSize("multiply", b, 2);
    requireScale(this.parameters, "multiply", { level: a.level, scale: a.scale * b.scale });
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
    requireSize("square", a, 2);
    requireScale(this.parameters, "square", { level: a.level, scale: a.scale * a.scale });
    this.doSquare(a);
    this.#counts.square++;
  }

  /** Back from 3 polynomials to 2. @throws InputError if there are not 3 */
  relinearize(a: Ciphertext): Ciphertext {
    return this.derive(a, (result) => this.relinearizeInplace(result));
  }

  relinearizeInplace(a: Ciphertext): void {
    requireSize("relinearize", a, 3);
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
    requireSize("rotate", a, 2);
    requireRotation(this.parameters, { step, level: a.level });
    const rotated = this.doRotate(a, step);
    this.#counts.rotate++;
    return rotated;
  }

  /**
   * The same ciphertext rotated by each of several steps. What the rotations have in common need be done once only.
   *
   * @returns a ciphertext for each step, in order; the caller owns them
   * @throws InputError as `rotate` does
   */
  rotateMany(a: Ciphertext, steps: readonly RotationStep[]): Ciphertext[] {
    requireSize("rotate", a, 2);
    for (const step of steps) requireRotation(this.parameters, { step, level: a.level });
    const rotated = this.doRotateMany(a, steps);
    this.#counts.rotate += steps.length;
    return rotated;
  }

  /**
   * For each output the sum of its giant steps, each of which is a sum of products, rotated. An evaluator that has a better
   * way may take it.
   *
   * @param babyOf input `input` rotated by `baby` slots; the caller's
   * @yields the share of the giant steps that is done, from 0 to 1
   * @returns by output, for those that have a giant step; the caller owns the ciphertexts
   * @throws InputError as `multiplyPlain`, `add` and `rotate` do
   */
  linearTransform(
    giants: readonly GiantStep[],
    babyOf: (input: number, baby: number) => Ciphertext,
  ): Generator<number, Map<number, Ciphertext>> {
    return babyStepGiantStep(this, giants, babyOf);
  }

  /**
   * a ← a + Σ rotate(a, step). What the rotations have in common need be done once only.
   *
   * @throws InputError as `rotate` does
   */
  rotateAndSumInplace(a: Ciphertext, steps: readonly RotationStep[]): void {
    requireSize("rotate", a, 2);
    for (const step of steps) requireRotation(this.parameters, { step, level: a.level });
    this.doRotateAndSum(a, steps);
    this.count({ rotate: steps.length, add: steps.length });
  }

  /** Divides by the last prime and drops it: scale / prime, level − 1. @throws InputError at level 1 */
  rescaleToNext(a: Ciphertext): Ciphertext {
    return this.derive(a, (result) => this.rescaleToNextInplace(result));
  }

  rescaleToNextInplace(a: Ciphertext): void {
    const { parameters } = this;
    if (parameters.scheme === "bfv") {
      throw new InputError(`rescale: BFV has none, and its scales stay; use CKKS parameters`);
    }
    if (a.level === 1) {
      throw new InputError(
        `rescale: level exhausted: only the first prime of ${formatChain(parameters)} is left; ` +
          `use a chain with one prime more`,
      );
    }
    this.doRescale(a, a.scale / lastPrime(parameters, a.level));
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
    requireScale(this.parameters, "modSwitchTo", { level, scale: a.scale });
    if (level < a.level) this.doModSwitch(a, level);
  }

  /**
   * Declares another scale, which divides the values by scale / old scale for free: no level, no noise.
   *
   * @throws InputError if the scale is out of bounds
   */
  setScaleInplace(a: Ciphertext, scale: number): void {
    requireScale(this.parameters, "setScale", { level: a.level, scale });
    this.doSetScale(a, scale);
  }

  /** Counts operations that were run in one. */
  protected count(operations: Partial<OperationCounts>): void {
    for (const [operation, times] of Object.entries(operations))
      this.#counts[operation as Operation] += times;
  }

  private derive(a: Ciphertext, change: (result: Ciphertext) => void): Ciphertext {
    return finished(this.copy(a), change);
  }
}
