import { expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import {
  addPolynomials,
  formatPolynomial,
  multiplyPolynomials,
  product,
  reducePolynomial,
  zeroPolynomial,
  type Polynomial,
} from "../../../../src/he-ml/toy-ckks/index.js";
import {
  productThatDecrypts,
  type ProductAnswer,
} from "../../../../src/notebook/exercises/lesson-03/product-that-decrypts.js";
import { lessonKey, lessonQ } from "../../../../src/notebook/exercises/lesson-03/lesson-cells.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";
import { expectAlwaysRefused } from "./always-refused.js";

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
    /^the part with s, c1, is not x0·y1 \+ x1·y0: .* one of them is missing/,
  ],
  ["another order", (x, y, q) => [...multiply(x, y, q)].reverse(), /in another order/],
  ["no s²", (x, y, q) => [...multiply(x, y, q).slice(0, 2), [...zeroPolynomial(8)]], /^c2 is 0/],
  ["not reduced", (x, y) => multiply(x, y, 2n ** 200n), /^right modulo q, but c0 has coefficients outside/],
  ["anything", ([x0]) => [x0, x0, x0], /^the part without s, c0, is not x0·y0$/],
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

const placeByPlace = (a: Polynomial, b: Polynomial) => a.map((one, j) => one * b[j]);
const anotherQ =
  /: reduced modulo another q, that of the lesson's cells: use the q that the function is given$/;
const named = /: that was multiplied place by place; polynomials multiply by toy\.multiplyPolynomials$/;

test.each<[string, ProductAnswer["multiply"], RegExp]>([
  ["the lesson's q", (x, y) => multiply(x, y, lessonQ), anotherQ],
  [
    "the lesson's q for c1 alone",
    (x, y, q) => multiply(x, y, q).map((c, i) => (i === 1 ? multiply(x, y, lessonQ)[1] : c)),
    /^the part with s, c1, is not x0·y1 \+ x1·y0: reduced modulo another q/,
  ],
  [
    "place by place",
    ([x0, x1], [y0, y1], q) =>
      reduced(
        [
          placeByPlace(x0, y0),
          addPolynomials(placeByPlace(x0, y1), placeByPlace(x1, y0)),
          placeByPlace(x1, y1),
        ],
        q,
      ),
    named,
  ],
  [
    "c2 place by place",
    (x, y, q) => [...multiply(x, y, q).slice(0, 2), ...reduced([placeByPlace(x[1], y[1])], q)],
    /^the part with s², c2, is not x1·y1: that was multiplied place by place/,
  ],
])("multiply, %s: always refused, and why", (_, wrongly, says) =>
  expectAlwaysRefused(productThatDecrypts, { multiply: wrongly, decrypt }, says),
);

const sum = (c0: Polynomial, linear: Polynomial, square: Polynomial, q: bigint) =>
  reducePolynomial(addPolynomials(c0, addPolynomials(linear, square)), q);
const lessonSquare = times(lessonKey, lessonKey);
const anotherKey = /: with another key, that of the lesson's cells: use the key that the function is given$/;
const anotherSquare = /: with the s² of another key, that of the lesson's cells: use the key that/;

test.each<[string, ProductAnswer["decrypt"], RegExp]>([
  ["the lesson's q", (product, s) => decrypt(product, s, lessonQ), anotherQ],
  ["the lesson's key", (product, _, q) => decrypt(product, [...lessonKey], q), anotherKey],
  [
    "the lesson's s2",
    ([c0, c1, c2], s, q) => sum(c0, times(c1, s), times(c2, lessonSquare), q),
    anotherSquare,
  ],
  [
    "the lesson's s2 and q",
    ([c0, c1, c2], s) => sum(c0, times(c1, s), times(c2, lessonSquare), lessonQ),
    /with the s² of another key, .* is given; reduced modulo another q, that of/,
  ],
  [
    "the lesson's key and q",
    (product) => decrypt(product, [...lessonKey], lessonQ),
    /with another key, .* is given; reduced modulo another q, that of/,
  ],
  [
    "place by place",
    ([c0, c1, c2], s, q) => sum(c0, placeByPlace(c1, s), placeByPlace(c2, placeByPlace(s, s)), q),
    named,
  ],
  [
    "c1·s place by place",
    ([c0, c1, c2], s, q) => sum(c0, placeByPlace(c1, s), times(c2, times(s, s)), q),
    named,
  ],
  ["two terms", ([c0, c1], s, q) => sum(c0, times(c1, s), zeroPolynomial(8), q), /without c2·s² the mask/],
  ["anything", ([c0]) => c0, /^decrypt: coefficient \d is -?\d+n, expected -?\d+$/],
  ["no list", () => 1n as unknown as Polynomial, /^decrypt: expected a list of 8 bigints, got 1n/],
])("decrypt, %s: always refused, and why", (_, wrongly, says) =>
  expectAlwaysRefused(productThatDecrypts, { multiply, decrypt: wrongly }, says),
);

test("what counts as the lesson's own is what its cell says", async () => {
  const { cells } = JSON.parse(await readFile("notebooks/03-multiply.ipynb", "utf8")) as {
    cells: { id: string; source: string | string[]; outputs?: unknown[] }[];
  };
  const cell = cells.find(({ id }) => id === "multiply")!;
  expect([cell.source].flat().join("")).toContain('const random = toy.seededRandom("lesson 3");');
  const printed = JSON.stringify(cell.outputs);
  expect(printed).toContain(`s  = ${formatPolynomial(lessonKey)}`);
  const [, ...primes] = /modulus (\d+)·(\d+)/.exec(printed)!;
  expect(product(primes.map(BigInt))).toBe(lessonQ);
});

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(productThatDecrypts, { multiply, decrypt })).toMatchObject({ passed: false });
});
