import type { LevelAndScale } from "../../crypto/ciphertext.js";
import { lastPrime } from "../../crypto/parameters.js";
import { formatShortage, roomBits, type SchemeParameters } from "../../crypto/scheme-parameters.js";
import { describeLayer } from "../../model/layer.js";
import type { PolynomialLayer } from "../../model/polynomial.js";
import { ChainTooShortError, settledState } from "../rescaling.js";

/**
 * How a polynomial is computed: high·xᵏ + low, where k is the largest power of two in it. This takes as many levels as
 * xᵏ and one more at most. The product is made at `product`, where `low` is added, exactly at the same scale.
 *
 * @see Paterson and Stockmeyer, "On the number of nonscalar multiplications necessary to evaluate polynomials", SIAM
 *   Journal on Computing 2, 1973; with target scales as in Bossuat et al., "Efficient Bootstrapping for Approximate
 *   Homomorphic Encryption with Non-Sparse Keys", EUROCRYPT 2021, section 3, https://eprint.iacr.org/2020/1203
 */
export interface PolynomialPlan {
  /** k, a power of two. */
  readonly power: number;
  /** What xᵏ is multiplied by: a number, or a polynomial. */
  readonly high: number | PolynomialPlan;
  /**
   * Whether xᵏ is squared just for this and its scale declared smaller or larger by |high|: a multiplication for
   * nothing. Otherwise it is the power in its settled state.
   */
  readonly isFolded: boolean;
  readonly product: LevelAndScale;
  /** What is added: a number, which may be zero, or a polynomial. */
  readonly low: number | PolynomialPlan;
  /** Where the result stands, after rescaling. */
  readonly output: LevelAndScale;
}

/** Plans a polynomial of inputs at one level and scale. */
export class PolynomialPlanner {
  /** State of x¹, x², x⁴, x⁸ … */
  readonly #powers = new Map<number, LevelAndScale>();

  constructor(
    readonly parameters: SchemeParameters,
    readonly layer: PolynomialLayer,
    input: LevelAndScale,
  ) {
    this.#powers.set(1, { level: input.level, scale: input.scale });
  }

  /** Level and scale of xᵏ. @throws ChainTooShortError if the chain ends before */
  powerState(power: number): LevelAndScale {
    let state = this.#powers.get(power);
    if (!state) {
      const { level, scale } = this.powerState(power / 2);
      state = settledState(this.parameters, this.layer, { level, scale: scale * scale });
      this.#powers.set(power, state);
    }
    return state;
  }

  /**
   * The whole polynomial, wherever it comes out cheapest.
   *
   * @throws ChainTooShortError if the chain cannot carry it
   */
  plan(coefficients = this.layer.coefficients): PolynomialPlan {
    const degree = coefficients.length - 1;
    const power = largestPower(degree);
    const high = coefficients.slice(power);
    const at = (product: LevelAndScale, rest: Pick<PolynomialPlan, "high" | "isFolded">) => {
      const low = this.#planAt(coefficients.slice(0, power), product);
      if (low === undefined || Math.log2(product.scale) >= roomBits(this.parameters, product.level)) {
        return undefined;
      }
      const output = settledState(this.parameters, this.layer, product);
      return { power, product, low, output, ...rest };
    };
    let plan: PolynomialPlan | undefined;
    if (degree > power) {
      const factor = this.plan(high);
      const { level, scale } = this.powerState(power);
      plan = at(
        { level: Math.min(level, factor.output.level), scale: scale * factor.output.scale },
        { high: factor, isFolded: false },
      );
    } else {
      if (power > 1) {
        const { level, scale } = this.powerState(power / 2);
        plan = at({ level, scale: scale ** 2 / Math.abs(high[0]) }, { high: high[0], isFolded: true });
      }
      if (!plan) {
        const { level, scale } = this.powerState(power);
        plan = at({ level, scale: scale * this.#weightScale }, { high: high[0], isFolded: false });
      }
    }
    if (plan) return plan;
    throw new ChainTooShortError(
      `${describeLayer(this.layer)}: ${formatShortage(this.parameters)} for its degree ` +
        `${this.layer.coefficients.length - 1} or its coefficients`,
    );
  }

  /** A polynomial that must come out at this level and scale; undefined where it cannot, or not precisely enough. */
  #planAt(coefficients: readonly number[], output: LevelAndScale): number | PolynomialPlan | undefined {
    const degree = coefficients.findLastIndex((coefficient) => coefficient !== 0);
    if (degree <= 0) {
      const constant = coefficients[0] ?? 0;
      return this.#fits(constant, output) ? constant : undefined;
    }
    const power = largestPower(degree);
    let product = output;
    while (product.level <= this.powerState(power).level) {
      const plan = this.#planProduct(coefficients, power, product);
      if (plan) return { ...plan, output };
      if (product.level === this.parameters.levels) return undefined;
      const level = product.level + 1;
      product = { level, scale: product.scale * lastPrime(this.parameters, level) };
    }
    return undefined;
  }

  #planProduct(coefficients: readonly number[], power: number, product: LevelAndScale) {
    const factorState = { level: product.level, scale: product.scale / this.powerState(power).scale };
    const high = this.#planAt(coefficients.slice(power), factorState);
    if (high === undefined || Math.log2(product.scale) >= roomBits(this.parameters, product.level)) {
      return undefined;
    }
    const leastScale = typeof high === "number" ? this.#weightScale : 2 ** this.parameters.scaleBits;
    if (factorState.scale < leastScale) return undefined;
    const low = this.#planAt(coefficients.slice(0, power), product);
    return low === undefined ? undefined : { power, high, isFolded: false, product, low };
  }

  #fits(value: number, { level, scale }: LevelAndScale): boolean {
    return value === 0 || Math.log2(Math.abs(value) * scale) < roomBits(this.parameters, level) - 1;
  }

  get #weightScale(): number {
    return 2 ** this.parameters.weightScaleBits;
  }
}

const largestPower = (degree: number) => 2 ** Math.floor(Math.log2(degree));
