import { InputError } from "../../errors.js";
import type { Ciphertext, LevelAndScale, Plaintext } from "../ciphertext.js";
import { Evaluator } from "../evaluator.js";
import { requireKeySwitching } from "../scheme-parameters.js";
import {
  difference,
  exactly,
  product,
  square,
  sum,
  weightedSum,
  type CoefficientIntervals,
} from "./coefficient-intervals.js";
import type { Digits } from "./digits.js";
import type { BfvParameters } from "./parameters.js";
import { digitsAt } from "./slot-codec.js";

class BoundPlaintext implements Plaintext {
  readonly level = 1;

  constructor(
    readonly digits: Digits,
    readonly scale: number,
  ) {}

  get isZero(): boolean {
    return this.digits.coefficients.length === 0;
  }

  [Symbol.dispose](): void {
    // Plain memory: nothing to free.
  }
}

/** What is known of a ciphertext without its key: where its plaintext's coefficients lie. */
export class BoundCiphertext implements Ciphertext {
  readonly level = 1;
  size = 2;

  constructor(
    public intervals: CoefficientIntervals,
    public scale: number,
  ) {}

  [Symbol.dispose](): void {
    // Plain memory: nothing to free.
  }
}

/**
 * The twin of `BfvEvaluator` that computes where coefficients lie, as whole numbers that wrap around no plain modulus: what
 * layers run on to learn whether they would. Of integers in slots there is one coefficient, which stands for every slot.
 */
export class CoefficientBounds extends Evaluator<BfvParameters> {
  readonly name = "bounds of BFV coefficients";
  readonly kind = "clear";
  readonly #weights = new Map<number, Digits>();
  readonly #squares = new WeakMap<CoefficientIntervals, CoefficientIntervals>();

  /** Scales have all the room that there is: whether they fit a plain modulus is asked of the bounds. */
  constructor(parameters: BfvParameters) {
    super({ ...parameters, plainModulus: Infinity });
  }

  copy(a: Ciphertext): Ciphertext {
    const { intervals, scale, size } = bound(a);
    const copy = new BoundCiphertext(intervals, scale);
    copy.size = size;
    return copy;
  }

  protected override doEncodeScalar(value: number, { scale }: LevelAndScale): Plaintext {
    return new BoundPlaintext(digitsAt(this.parameters, value, scale), scale);
  }

  protected override doEncryptZero({ scale }: LevelAndScale): Ciphertext {
    return new BoundCiphertext(exactly({ lowest: 0, coefficients: [] }), scale);
  }

  protected override doAdd(a: Ciphertext, b: Ciphertext): void {
    const [left, right] = [bound(a), bound(b)];
    left.intervals = sum(left.intervals, right.intervals);
    left.size = Math.max(left.size, right.size);
  }

  protected override doSub(a: Ciphertext, b: Ciphertext): void {
    const [left, right] = [bound(a), bound(b)];
    left.intervals = difference(left.intervals, right.intervals);
    left.size = Math.max(left.size, right.size);
  }

  protected override doAddPlain(a: Ciphertext, b: Plaintext): void {
    const own = bound(a);
    own.intervals = sum(own.intervals, exactly(digitsOf(b)));
  }

  protected override doMultiplyPlain(a: Ciphertext, b: Plaintext): void {
    const own = bound(a);
    own.intervals = weightedSum(own.intervals, [digitsOf(b)]);
    own.scale *= b.scale;
  }

  protected override doMultiplyPlainAdd(total: Ciphertext, a: Ciphertext, b: Plaintext): void {
    const own = bound(total);
    own.intervals = sum(own.intervals, weightedSum(bound(a).intervals, [digitsOf(b)]));
  }

  protected override sumOfProducts(
    inputs: readonly Ciphertext[],
    weights: ArrayLike<number>,
    at: LevelAndScale,
  ): Ciphertext {
    const weightScale = at.scale / inputs[0].scale;
    // Most inputs share their intervals, under which a layer's rows are one product each.
    const byIntervals = new Map<CoefficientIntervals, Digits[]>();
    inputs.forEach((input, i) => {
      const { intervals } = bound(input);
      const digits = this.#digitsOfWeight(weights[i] * weightScale);
      const group = byIntervals.get(intervals);
      if (group) group.push(digits);
      else byIntervals.set(intervals, [digits]);
    });
    const sums = Array.from(byIntervals, ([intervals, group]) => weightedSum(intervals, group));
    return new BoundCiphertext(
      sums.reduce((total, next) => sum(total, next)),
      at.scale,
    );
  }

  #digitsOfWeight(weight: number): Digits {
    let digits = this.#weights.get(weight);
    if (!digits) {
      digits = digitsAt(this.parameters, weight, 1);
      this.#weights.set(weight, digits);
    }
    return digits;
  }

  protected override doMultiply(a: Ciphertext, b: Ciphertext): void {
    const [left, right] = [bound(a), bound(b)];
    left.intervals = product(left.intervals, right.intervals);
    left.scale *= right.scale;
    left.size = 3;
  }

  protected override doSquare(a: Ciphertext): void {
    const own = bound(a);
    let squared = this.#squares.get(own.intervals);
    if (!squared) {
      squared = square(own.intervals);
      this.#squares.set(own.intervals, squared);
    }
    own.intervals = squared;
    own.scale *= own.scale;
    own.size = 3;
  }

  protected override doRelinearize(a: Ciphertext): void {
    requireKeySwitching("relinearize", this.parameters);
    bound(a).size = 2;
  }

  protected override doSetScale(a: Ciphertext, scale: number): void {
    bound(a).scale = scale;
  }

  // Nothing travels, and no layer asks for the rest.
  save = (): never => nothingHere("save");
  load = (): never => nothingHere("load");
  decode = (): never => nothingHere("decode");
  protected override doEncode = (): never => nothingHere("encode");
  protected override doWeightedSum = (): never => nothingHere("weightedSum");
  protected override doRotate = (): never => nothingHere("rotate");
  protected override doRescale = (): never => nothingHere("rescale");
  protected override doModSwitch = (): never => nothingHere("modSwitchTo");
}

function nothingHere(operation: string): never {
  throw new InputError(`${operation}: bounds of BFV coefficients have none; use a PublicContext`);
}

function bound(a: Ciphertext): BoundCiphertext {
  if (a instanceof BoundCiphertext) return a;
  throw new InputError(`ciphertext: it belongs to another context`);
}

function digitsOf(b: Plaintext): Digits {
  if (b instanceof BoundPlaintext) return b.digits;
  throw new InputError(`plaintext: it was encoded by another evaluator; encode it with this one`);
}
