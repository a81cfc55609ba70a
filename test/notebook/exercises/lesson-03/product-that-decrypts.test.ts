import { expect, test } from "@jest/globals";
import {
  addPolynomials,
  multiplyPolynomials,
  reducePolynomial,
  zeroPolynomial,
  type Polynomial,
} from "../../../../src/he-ml/toy-ckks/index.js";
import {
  productThatDecrypts,
  type ProductAnswer,
} from "../../../../src/notebook/exercises/lesson-03/product-that-decrypts.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

const times = multiplyPolynomials;
const reduced = (polynomials: readonly Polynomial[], q: bigint) =>
  polynomials.map((polynomial) => [...reducePolynomial(polynomial, q)]);

const multiply: ProductAnswer["multiply"] = ([x0, x1], [y0, y1], q) =>
  reduced([times(x0, y0), addPolynomials(times(x0, y1), times(x1, y0)), times(x1, y1)], q);
const decrypt: ProductAnswer["decrypt"] = ([c0, c1, c2], s, q) =>
  reduced([addPolynomials(c0, times(s, addPolynomials(c1, times(s, c2))))], q)[0];

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(productThatDecrypts, { multiply, decrypt }, seed)).toMatchObject({ passed: true });
  }
  await expectUntouchedRefused(productThatDecrypts, (stub) => ({ multiply: stub, decrypt: stub }));
});

test("where one half is written, the other is named", async () => {
  const stub = () => {
    throw new Error("Your turn: a product that decrypts");
  };
  await expectRefused(productThatDecrypts, { multiply, decrypt: stub }, /^multiply is right, and decrypt is/);
  await expectRefused(productThatDecrypts, { multiply: stub, decrypt }, /^multiply is still to be written$/);
});

test.each<[string, (...args: Parameters<ProductAnswer["multiply"]>) => unknown, RegExp]>([
  ["pairs", ([x0, x1], [y0, y1], q) => reduced([times(x0, y0), times(x1, y1)], q), /has mixed terms/],
  [
    "half of s",
    ([x0, x1], [y0, y1], q) => reduced([times(x0, y0), times(x0, y1), times(x1, y1)], q),
    /^c1 is not what belongs to s: .* one of them is missing/,
  ],
  ["another order", (x, y, q) => [...multiply(x, y, q)].reverse(), /in another order/],
  ["no s²", (x, y, q) => [...multiply(x, y, q).slice(0, 2), [...zeroPolynomial(8)]], /^c2 is 0/],
  ["not reduced", (x, y) => multiply(x, y, 2n ** 200n), /^right modulo q, but c0 has coefficients outside/],
  ["anything", ([x0]) => [x0, x0, x0], /^c0 is not what belongs to 1$/],
  ["no list", () => 1, /^multiply: expected a list of three polynomials, got 1/],
  ["short", (x, y, q) => [...multiply(x, y, q).slice(0, 2), [1n]], /^multiply: c2: expected a list of 8/],
])("multiply, %s: refused, and why", (_, wrongly, says) =>
  expectRefused(productThatDecrypts, { multiply: wrongly, decrypt }, says),
);

test.each<[string, (...args: Parameters<ProductAnswer["decrypt"]>) => unknown, RegExp]>([
  ["two terms", ([c0, c1], s, q) => decrypt([c0, c1, [...zeroPolynomial(8)]], s, q), /without c2·s²/],
  [
    "s once",
    ([c0, c1, c2], s, q) => reduced([addPolynomials(c0, times(s, addPolynomials(c1, c2)))], q)[0],
    /c2 is multiplied by s once/,
  ],
  [
    "coefficients squared",
    ([c0, c1, c2], s, q) => {
      const squares = s.map((coefficient) => coefficient ** 2n);
      return reduced([addPolynomials(c0, addPolynomials(times(c1, s), times(c2, squares)))], q)[0];
    },
    /not each coefficient squared/,
  ],
  ["not reduced", (d, s) => decrypt(d, s, 2n ** 200n), /the same modulo q, but not between/],
  ["zeros", () => zeroPolynomial(8), /^decrypt: coefficient \d is 0n, expected -?\d+$/],
])("decrypt, %s: refused, and why", (_, wrongly, says) =>
  expectRefused(productThatDecrypts, { multiply, decrypt: wrongly }, says),
);

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(productThatDecrypts, { multiply, decrypt })).toMatchObject({ passed: false });
});
