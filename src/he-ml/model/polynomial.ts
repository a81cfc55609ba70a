import { requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import type { LayerBase, LayerDefinition } from "./layer.js";
import { Row, type Rows } from "./rows.js";

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
export function polynomialLayer(options: PolynomialOptions): PolynomialLayer {
  const { name = "polynomial", coefficients } = requireOptions("polynomial", options);
  if (!Array.isArray(coefficients)) {
    throw new InputError(
      `polynomial "${name}": expected coefficients [c0, c1, …], got ${typeof coefficients}`,
    );
  }
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

/** A polynomial of degree 1 is linear. */
function rows({ coefficients }: PolynomialLayer): Rows | undefined {
  if (coefficients.length > 2) return undefined;
  const row = new Row(1);
  [row.bias] = coefficients;
  return (output) => {
    row.length = 0;
    row.add(output, coefficients[1]);
    return row;
  };
}

/** A quadratic's factor goes into the scale; otherwise the coefficients take a multiplication where d + 1 is no less. */
function depth({ coefficients }: PolynomialLayer) {
  const degree = coefficients.length - 1;
  return {
    ciphertext: Math.ceil(Math.log2(degree)),
    total: degree === 2 ? 1 : Math.ceil(Math.log2(degree + 1)),
  };
}

function term(coefficient: number, power: number): string {
  const factor = Number(coefficient.toPrecision(3));
  return power === 0 ? String(factor) : `${factor}·x${["", "", "²", "³"][power] ?? `^${power}`}`;
}

export const polynomial: LayerDefinition<PolynomialLayer> = {
  make: polynomialLayer,
  outputShape: (_layer, inputShape) => inputShape,
  forward: (layer, batch) => ({ shape: batch.shape, data: batch.data.map((x) => valueAt(layer, x)) }),
  rows,
  parameters: ({ coefficients }) => coefficients.length,
  depth,
  details: ({ coefficients }) => ` of degree ${coefficients.length - 1}`,
  brief: ({ coefficients }) => `(${coefficients.map(term).join(" + ")})`,
};
