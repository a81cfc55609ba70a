import type { Polynomial } from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { bigints, responses } from "../responses.js";

const degree = 8;
const largest = 9;

export interface Factors {
  readonly a: Polynomial;
  readonly b: Polynomial;
}

/** Multiply two polynomials of 8 coefficients modulo X⁸ + 1. */
export const multiplyMod: Exercise<
  readonly Factors[],
  (a: bigint[], b: bigint[]) => Polynomial,
  null,
  readonly Polynomial[]
> = {
  id: "multiply-mod",
  lesson: "01",
  title: "multiply modulo X⁸ + 1",
  points: 2,
  answer: "multiply",
  hints: [
    "Coefficient i of a and coefficient j of b meet at X^(i+j). Which powers are too high for a list of 8?",
    "In this ring X⁸ = −1, so X⁹ = −X: what lands at i + j ≥ 8 goes to i + j − 8, with the other sign.",
    "Start with eight zeros. For all i and j: if i + j < 8, add a[i]·b[j] at i + j; else subtract it at i + j − 8.",
  ],
  draw: (random) => ({
    question: [
      // Nothing wraps around; everything does; anything may.
      { a: polynomial(random, 0, 3), b: polynomial(random, 0, 3) },
      { a: polynomial(random, 4, 7), b: polynomial(random, 4, 7) },
      { a: polynomial(random, 0, 7), b: polynomial(random, 0, 7) },
    ],
    secret: null,
  }),
  ask: (multiply, cases) => cases.map(({ a, b }) => multiply([...a], [...b])),
  judge(cases, _, response) {
    const products = responses("multiply", response, cases.length);
    for (const [i, factors] of cases.entries()) {
      const verdict = judgeProduct(factors, products[i]);
      if (verdict) return verdict;
    }
    return right(`${cases.length} products modulo X⁸ + 1`);
  },
};

/** What is wrong with a product, if anything is. */
function judgeProduct({ a, b }: Factors, response: unknown): Verdict | undefined {
  const of = `[${a.join(", ")}] times [${b.join(", ")}]`;
  if (Array.isArray(response) && response.length === 2 * degree - 1) {
    return wrong(
      `multiply returned all ${response.length} coefficients; those from X⁸ on are still to be folded back`,
      2,
    );
  }
  const product = bigints("multiply", response, degree);
  const expected = multiplied(a, b, -1n);
  const at = product.findIndex((coefficient, i) => coefficient !== expected[i]);
  if (at < 0) return undefined;
  const difference = `${of}: coefficient ${at} is ${product[at]}, expected ${expected[at]}`;
  if (same(product, multiplied(a, b, 1n)))
    return wrong(`${difference}: the sign of X⁸, which is −1 and not 1`, 2);
  if (same(product, multiplied(a, b, 0n))) {
    return wrong(`${difference}: what lands at X⁸ and beyond is lost; it comes back with the other sign`, 2);
  }
  if (
    same(
      product,
      a.map((coefficient, i) => coefficient * b[i]),
    )
  ) {
    return wrong(
      `${difference}: these are products place by place; a product of polynomials mixes all places`,
      1,
    );
  }
  return wrong(difference, 1);
}

/** The product where X⁸ is `wrap`. */
function multiplied(a: Polynomial, b: Polynomial, wrap: bigint): bigint[] {
  const product = new Array<bigint>(degree).fill(0n);
  a.forEach((x, i) =>
    b.forEach((y, j) => (product[(i + j) % degree] += i + j < degree ? x * y : wrap * x * y)),
  );
  return product;
}

const same = (a: Polynomial, b: Polynomial) => a.every((coefficient, i) => coefficient === b[i]);

/** Coefficients other than 0 from one power to another, so that no two wrong ways give the same. */
function polynomial(random: Random, from: number, to: number): bigint[] {
  return Array.from({ length: degree }, (_, i) => {
    if (i < from || i > to) return 0n;
    const size = BigInt(integer(random, 1, largest));
    return random() < 0.5 ? size : -size;
  });
}
