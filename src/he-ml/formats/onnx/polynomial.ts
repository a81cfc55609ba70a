import { InputError } from "../../errors.js";

/**
 * An element-wise polynomial: its coefficients from the constant one up, each one number for all values, or one for each
 * channel, or one for each value, in our row-major order.
 */
export type Polynomial = readonly Float64Array[];

/** No chain of primes carries more. */
const largestDegree = 63;

const zero = Float64Array.of(0);

export const constant = (values: Float64Array): Polynomial => [values];
export const identity: Polynomial = [zero, Float64Array.of(1)];

export const isIdentity = (polynomial: Polynomial): boolean =>
  polynomial.length === 2 && polynomial[0].every((c) => c === 0) && polynomial[1].every((c) => c === 1);

/** Whether every coefficient is one number for all values. */
export const isUniform = (polynomial: Polynomial): boolean => polynomial.every(({ length }) => length === 1);

/** Numbers for each channel as so many, a run of one for each: as for each value. */
export function spread(values: Float64Array, count: number): Float64Array {
  if (values.length === count) return values;
  const run = count / values.length;
  return Float64Array.from({ length: count }, (_, i) => values[Math.floor(i / run)]);
}

function combine(a: Float64Array, b: Float64Array, f: (x: number, y: number) => number): Float64Array {
  const length = Math.max(a.length, b.length);
  const [left, right] = [spread(a, length), spread(b, length)];
  return left.map((value, i) => f(value, right[i]));
}

export function add(p: Polynomial, q: Polynomial): Polynomial {
  const length = Math.max(p.length, q.length);
  return Array.from({ length }, (_, k) => combine(p[k] ?? zero, q[k] ?? zero, (x, y) => x + y));
}

/** @throws InputError if the degree of the product is beyond reason. */
export function multiply(p: Polynomial, q: Polynomial): Polynomial {
  const degree = p.length + q.length - 2;
  if (degree > largestDegree) {
    throw new InputError(`expected a polynomial of degree ${largestDegree} at most, got ${degree}`);
  }
  const product: Float64Array[] = Array.from({ length: degree + 1 }, () => zero);
  p.forEach((a, i) =>
    q.forEach((b, j) => {
      const term = combine(a, b, (x, y) => x * y);
      product[i + j] = combine(product[i + j], term, (x, y) => x + y);
    }),
  );
  return product;
}

/** The polynomial without leading coefficients that are zero everywhere. */
export function trimmed(polynomial: Polynomial): Polynomial {
  const last = polynomial.findLastIndex((coefficient) => coefficient.some((c) => c !== 0));
  return polynomial.slice(0, last + 1);
}
