import { finished, type Ciphertext } from "../../crypto/ciphertext.js";
import type { SchemeEvaluator } from "../../crypto/scheme-evaluator.js";
import { polynomialLayer, type PolynomialLayer, type PolynomialOptions } from "../../model/polynomial.js";
import { encodedLayer, type EncodedLayer } from "../encoded-layer.js";
import { settle } from "../rescaling.js";
import { PolynomialPlanner, type PolynomialPlan } from "./polynomial-plan.js";

/**
 * An encoded polynomial activation c₀ + c₁·x + c₂·x² + …: of degree 2 it takes one level, as a square does, and of
 * degree d at most ⌈log2(d + 1)⌉.
 *
 * @throws InputError unless there are at least two coefficients, all finite
 * @example const activate = polynomial(he, { coefficients: [0.1, 0.5, 0.25] });
 */
export function polynomial(he: SchemeEvaluator, options: PolynomialOptions): EncodedLayer {
  return encodePolynomial(he, polynomialLayer(options));
}

export function encodePolynomial(he: SchemeEvaluator, layer: PolynomialLayer): EncodedLayer {
  return encodedLayer(he, layer, {
    elementWise: true,
    outputState: (input) => new PolynomialPlanner(he.parameters, layer, input).plan().output,
    open: (input) => {
      const plan = new PolynomialPlanner(he.parameters, layer, input).plan();
      return {
        compute: (inputs, index) => evaluatePolynomial(he, plan, inputs(index)),
      };
    },
  });
}

/** The polynomial of one ciphertext, which is left alone; the caller owns the result. */
export function evaluatePolynomial(he: SchemeEvaluator, plan: PolynomialPlan, x: Ciphertext): Ciphertext {
  using powers = new Powers(he, x);
  return evaluate(he, plan, powers);
}

/** x, x², x⁴, x⁸ …, each made when it is first asked for. */
class Powers implements Disposable {
  readonly #made = new Map<number, Ciphertext>();

  constructor(
    private readonly he: SchemeEvaluator,
    private readonly x: Ciphertext,
  ) {}

  at(power: number): Ciphertext {
    if (power === 1) return this.x;
    let made = this.#made.get(power);
    if (!made) {
      made = finished(this.freshAt(power), (fresh) => settle(this.he, fresh));
      this.#made.set(power, made);
    }
    return made;
  }

  /** The power as its last multiplication leaves it; the caller owns it. */
  freshAt(power: number): Ciphertext {
    return finished(this.he.square(this.at(power / 2)), (squared) => this.he.relinearizeInplace(squared));
  }

  [Symbol.dispose](): void {
    for (const power of this.#made.values()) power[Symbol.dispose]();
  }
}

function evaluate(he: SchemeEvaluator, plan: PolynomialPlan, powers: Powers): Ciphertext {
  const { product, low, output } = plan;
  return finished(productOf(he, plan, powers), (sum) => {
    // Nothing but the rounding of doubles apart.
    he.setScaleInplace(sum, product.scale);
    if (typeof low === "number") {
      using constant = he.encodeScalar(low, product);
      if (!constant.isZero) he.addPlainInplace(sum, constant);
    } else {
      using rest = evaluate(he, low, powers);
      he.addInplace(sum, rest);
    }
    while (sum.level > output.level) he.rescaleToNextInplace(sum);
    he.setScaleInplace(sum, output.scale);
  });
}

function productOf(he: SchemeEvaluator, plan: PolynomialPlan, powers: Powers): Ciphertext {
  const { power, high, isFolded, product } = plan;
  if (isFolded) {
    const fresh = powers.freshAt(power);
    if (!(Number(high) < 0)) return fresh;
    using positive = fresh;
    return he.weightedSum([positive], [-1], 1);
  }
  using base = he.modSwitchTo(powers.at(power), product.level);
  if (typeof high === "number") return he.weightedSum([base], [high], product.scale / base.scale);
  using factor = evaluate(he, high, powers);
  using factorThere = he.modSwitchTo(factor, product.level);
  return finished(he.multiply(base, factorThere), (multiplied) => he.relinearizeInplace(multiplied));
}
