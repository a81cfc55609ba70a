import { InputError } from "../errors.js";
import type { LayerBase, PlainLayer } from "./layer.js";

/** The activation c₀ + c₁·x + c₂·x² + … */
export interface PolynomialLayer extends LayerBase {
  readonly kind: "polynomial";
  /** Lowest power first; the last is not zero, unless it stands for x. */
  readonly coefficients: readonly number[];
}

export interface PolynomialOptions {
  readonly name?: string;
  /** `[c0, c1, c2, …]` */
  readonly coefficients: readonly number[];
}

/** Higher degrees need more levels than any chain has. */
const highestDegree = 63;

/**
 * Describes a polynomial activation. Zeros at the end, powers that do not occur, are left out.
 *
 * @throws InputError unless there are at least two coefficients, all finite
 * @example polynomialLayer({ name: "act1", coefficients: [0.1, 0.5, 0.25] })
 */
export function polynomialLayer({ name = "polynomial", coefficients }: PolynomialOptions): PolynomialLayer {
  const degree = coefficients.findLastIndex((coefficient) => coefficient !== 0);
  if (coefficients.length < 2 || degree > highestDegree || !coefficients.every(Number.isFinite)) {
    throw new InputError(
      `polynomial "${name}": expected 2 to ${highestDegree + 1} finite coefficients [c0, c1, …], ` +
        `got ${coefficients.length}: [${coefficients.slice(0, 8).join(", ")}${coefficients.length > 8 ? ", …" : ""}]`,
    );
  }
  return { kind: "polynomial", name, coefficients: coefficients.slice(0, Math.max(degree, 1) + 1) };
}

/** Horner's rule. */
function valueAt({ coefficients }: PolynomialLayer, x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

export const plainPolynomial: PlainLayer<PolynomialLayer> = {
  outputShape: (_layer, inputShape) => inputShape,
  forward: (layer, batch) => ({ shape: batch.shape, data: batch.data.map((x) => valueAt(layer, x)) }),
};
