import type { Layer } from "../../model/model.js";
import type { PolynomialLayer } from "../../model/polynomial.js";

/**
 * The activation at the end of a stage. A square, and with it any polynomial of degree 2, is
 * `factor·(x + shift)² + constant`: one multiplication, whose factor is a matter of scale. Higher degrees are computed
 * as they are, layer by layer's way.
 */
export type Activation = SquareActivation | PolynomialActivation;

export interface SquareActivation {
  readonly kind: "square";
  readonly shift: number;
  readonly factor: number;
  readonly constant: number;
}

export interface PolynomialActivation {
  readonly kind: "polynomial";
  readonly layer: PolynomialLayer;
}

/** The activation that a layer is, if it is one. A polynomial of degree 1 is linear. */
export function activationOf(layer: Layer): Activation | undefined {
  if (layer.kind === "square") return { kind: "square", shift: 0, factor: 1, constant: 0 };
  if (layer.kind !== "polynomial" || layer.coefficients.length < 3) return undefined;
  if (layer.coefficients.length > 3) return { kind: "polynomial", layer };
  const [c0, c1, c2] = layer.coefficients;
  const shift = c1 / (2 * c2);
  return { kind: "square", shift, factor: c2, constant: c0 - c2 * shift ** 2 };
}

export function activate(activation: Activation, x: number): number {
  if (activation.kind === "square") {
    return activation.factor * (x + activation.shift) ** 2 + activation.constant;
  }
  return activation.layer.coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

/** By how much an error of x shows in the activation. */
export function derivative(activation: Activation, x: number): number {
  if (activation.kind === "square") return 2 * activation.factor * (x + activation.shift);
  return activation.layer.coefficients.reduceRight(
    (sum, coefficient, power) => (power === 0 ? sum : sum * x + power * coefficient),
    0,
  );
}

/** The largest magnitude that an activation gives, and what it adds, for inputs up to `largest`. */
export function largestActivated(activation: Activation | undefined, largest: number): number {
  if (!activation) return largest;
  const constant = activation.kind === "square" ? activation.constant : 0;
  return Math.max(...[activate(activation, largest), activate(activation, -largest), constant].map(Math.abs));
}

/** Data primes that an activation is likely to use up. */
export function activationDepth(activation: Activation | undefined): number {
  if (!activation) return 0;
  return activation.kind === "square" ? 1 : Math.ceil(Math.log2(activation.layer.coefficients.length)) + 1;
}
