import { InputError } from "../../he-ml/errors.js";

/** y ≈ sign · (gain · x + offset)² + constant. */
export interface SquareFit {
  readonly gain: number;
  readonly offset: number;
  readonly sign: 1 | -1;
  readonly constant: number;
}

/** y ≈ gain · x + offset. */
export interface LineFit {
  readonly gain: number;
  readonly offset: number;
}

/**
 * How far a parabola's vertex may lie from zero, in units of the largest |x|. An odd function such as tanh wants it
 * at infinity, where a parabola is a line; but the farther it is, the larger a constant its values carry. At 1 the
 * parabola already rises over the whole range, and farther ones gave a saturated tanh no better answers.
 */
const farthestVertex = 1;
const vertexSteps = 200;

/**
 * The square of an affine map, plus a constant, that is nearest to the given values in the mean square: the parabola
 * a·x² + b·x + c is a·(x + b / 2a)² + (c − b² / 4a), and √|a| goes into the affine map.
 *
 * For each of a row of vertices the best factor and constant follow from sums of powers of x, so the values are
 * passed over once.
 *
 * @param withConstant Whether the constant may be anything but 0.
 */
export function fitSquare(xs: ArrayLike<number>, ys: ArrayLike<number>, withConstant: boolean): SquareFit {
  const radius = largestMagnitude(xs);
  const { powers, products, squares } = momentsOf(xs, ys, radius, 4);
  let best = { error: Infinity, shift: 0, factor: 0, constant: products[0] / powers[0] };
  for (let step = -vertexSteps; step <= vertexSteps; step++) {
    const s = (farthestVertex * step) / vertexSteps;
    const sumU = powers[2] + 2 * s * powers[1] + s ** 2 * powers[0];
    const sumUU =
      powers[4] + 4 * s * powers[3] + 6 * s ** 2 * powers[2] + 4 * s ** 3 * powers[1] + s ** 4 * powers[0];
    const sumUY = products[2] + 2 * s * products[1] + s ** 2 * products[0];
    const line = lineThrough(powers[0], sumU, sumUU, products[0], sumUY, withConstant);
    const error = squares - line.gain * sumUY - line.offset * products[0];
    if (error < best.error) best = { error, shift: s, factor: line.gain, constant: line.offset };
  }
  const gain = Math.sqrt(Math.abs(best.factor)) / radius;
  return {
    gain,
    offset: gain * best.shift * radius,
    sign: best.factor < 0 ? -1 : 1,
    constant: best.constant,
  };
}

/** The line that is nearest to the given values in the mean square; through 0 unless `withOffset`. */
export function fitLine(xs: ArrayLike<number>, ys: ArrayLike<number>, withOffset: boolean): LineFit {
  const { powers, products } = momentsOf(xs, ys, 1, 2);
  return lineThrough(powers[0], powers[1], powers[2], products[0], products[1], withOffset);
}

/** A quadratic that leaves no more of the mean square than this is good enough. */
const toleratedError = 0.05;

/**
 * The polynomial that is nearest to the given values in the mean square: of degree 2, which takes an encrypted run
 * one level, or 3, which takes two, where 2 leaves over 5 % of the values' mean square. ReLU is well served by 2,
 * a saturated tanh is not.
 *
 * @returns Coefficients, lowest power first.
 */
export function fitPolynomial(xs: ArrayLike<number>, ys: ArrayLike<number>): number[] {
  const radius = largestMagnitude(xs);
  const moments = momentsOf(xs, ys, radius, 6);
  const quadratic = solveNormalEquations(moments, 2);
  const isEnough = quadratic.error <= toleratedError * moments.squares;
  const { coefficients } = isEnough ? quadratic : solveNormalEquations(moments, 3);
  return coefficients.map((coefficient, power) => coefficient / radius ** power);
}

interface Moments {
  /** Σ (x / radius)^k */
  readonly powers: readonly number[];
  /** Σ y · (x / radius)^k */
  readonly products: readonly number[];
  /** Σ y² */
  readonly squares: number;
}

function momentsOf(
  xs: ArrayLike<number>,
  ys: ArrayLike<number>,
  radius: number,
  highestPower: number,
): Moments {
  const powers = new Array<number>(highestPower + 1).fill(0);
  const products = new Array<number>(highestPower + 1).fill(0);
  let squares = 0;
  for (let i = 0; i < xs.length; i++) {
    let power = 1;
    for (let k = 0; k <= highestPower; k++) {
      powers[k] += power;
      products[k] += power * ys[i];
      power *= xs[i] / radius;
    }
    squares += ys[i] ** 2;
  }
  return { powers, products, squares };
}

/** 1 where all are 0, so that it can be divided by. */
function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  if (!Number.isFinite(largest)) {
    throw new InputError("train --from: the model gives values that are no finite numbers; train it again");
  }
  return largest || 1;
}

function lineThrough(
  n: number,
  sumX: number,
  sumXX: number,
  sumY: number,
  sumXY: number,
  withOffset: boolean,
): LineFit {
  if (!withOffset) return { gain: sumXX > 0 ? sumXY / sumXX : 0, offset: 0 };
  const spread = n * sumXX - sumX ** 2;
  // Values that do not differ carry no slope.
  const gain = spread > 1e-12 * n * sumXX ? (n * sumXY - sumX * sumY) / spread : 0;
  return { gain, offset: (sumY - gain * sumX) / n };
}

function solveNormalEquations(
  { powers, products, squares }: Moments,
  degree: number,
): { readonly coefficients: number[]; readonly error: number } {
  const size = degree + 1;
  const rows = Array.from({ length: size }, (_, row) => [
    ...Array.from({ length: size }, (_, column) => powers[row + column]),
    products[row],
  ]);
  // A little weight on small coefficients, so that too few different values still have one solution.
  rows.forEach((row, i) => (row[i] += 1e-10 * powers[0]));
  for (let pivot = 0; pivot < size; pivot++) {
    for (let row = pivot + 1; row < size; row++) {
      const factor = rows[row][pivot] / rows[pivot][pivot];
      for (let column = pivot; column <= size; column++) rows[row][column] -= factor * rows[pivot][column];
    }
  }
  const coefficients = new Array<number>(size).fill(0);
  for (let row = size - 1; row >= 0; row--) {
    let rest = rows[row][size];
    for (let column = row + 1; column < size; column++) rest -= rows[row][column] * coefficients[column];
    coefficients[row] = rest / rows[row][row];
  }
  const explained = coefficients.reduce((sum, c, power) => sum + c * products[power], 0);
  return { coefficients, error: squares - explained };
}
