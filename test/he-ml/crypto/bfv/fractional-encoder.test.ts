import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  decodeFraction,
  encodeFraction,
  type FractionalDigits,
} from "../../../../src/he-ml/crypto/bfv/fractional-encoder.js";
import { fromPolynomial, toPolynomial, type Digits } from "../../../../src/he-ml/crypto/bfv/digits.js";
import { InputError } from "../../../../src/he-ml/errors.js";
import { thrownBy } from "../../support.js";

const usual: FractionalDigits = { base: 2, integerDigits: 64, fractionDigits: 32 };
const n = 1024;
const p = 2 ** 40;

const parametersOf = fc.record({
  base: fc.constantFrom(2, 3, 4, 5, 10, 17, 256),
  integerDigits: fc.constantFrom(24, 64),
  fractionDigits: fc.integer({ min: 0, max: 32 }),
});

/** A number of few bits: sums and products of three are exact in doubles. */
const shortValue = fc
  .tuple(fc.integer({ min: -(2 ** 16), max: 2 ** 16 }), fc.integer({ min: 0, max: 8 }))
  .map(([integer, bits]) => integer / 2 ** bits);

/** Products of polynomials modulo X^N + 1 and p, as BFV computes them. */
function productModulo(a: Float64Array, b: Float64Array, modulus: number): Float64Array {
  const m = BigInt(modulus);
  const sums = new Array<bigint>(a.length).fill(0n);
  a.forEach((x, i) => {
    if (x === 0) return;
    b.forEach((y, j) => {
      if (y === 0) return;
      const at = i + j;
      const term = BigInt(x) * BigInt(y);
      if (at < a.length) sums[at] += term;
      else sums[at - a.length] -= term;
    });
  });
  return Float64Array.from(sums, (sum) => Number(((sum % m) + m) % m));
}

const valueOf = (digits: Digits, base: number) =>
  digits.coefficients.reduce((sum, digit, i) => sum + digit * base ** (digits.lowest + i), 0);

describe("encodeFraction", () => {
  test.each<[number, FractionalDigits, Digits]>([
    [0, usual, { lowest: 0, coefficients: [] }],
    [2.5, { ...usual, fractionDigits: 2 }, { lowest: -1, coefficients: [1, 0, 1] }],
    [-2.5, { ...usual, fractionDigits: 2 }, { lowest: -1, coefficients: [-1, 0, -1] }],
    [-6, usual, { lowest: 1, coefficients: [-1, -1] }],
    // 2 = 3 − 1 and 1/3 rounded to two digits in base 3, exactly 0.1
    [2, { base: 3, integerDigits: 4, fractionDigits: 2 }, { lowest: 0, coefficients: [-1, 1] }],
    [1 / 3, { base: 3, integerDigits: 4, fractionDigits: 2 }, { lowest: -1, coefficients: [1] }],
    [7, { base: 10, integerDigits: 4, fractionDigits: 0 }, { lowest: 0, coefficients: [-3, 1] }],
    [2 ** -40, usual, { lowest: 0, coefficients: [] }],
  ])("%p", (value, parameters, digits) => {
    expect(encodeFraction(value, parameters)).toEqual(digits);
  });

  test("is off by half of the last digit at most, and its digits are balanced, or of one sign in base 2", () => {
    fc.assert(
      fc.property(parametersOf, fc.double({ min: -1000, max: 1000, noNaN: true }), (parameters, value) => {
        const { base, fractionDigits } = parameters;
        const digits = encodeFraction(value, parameters);
        const error = Math.abs(decodeFraction(digits, base) - value);
        expect(error).toBeLessThanOrEqual(base ** -fractionDigits / 2 + Math.abs(value) * 2 ** -52);
        expect(valueOf(digits, base)).toBeCloseTo(decodeFraction(digits, base), 6);
        const largest = base === 2 ? 1 : Math.floor(base / 2);
        for (const digit of digits.coefficients) {
          expect(Math.abs(digit)).toBeLessThanOrEqual(largest);
          if (base === 2) expect(digit * value).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test("keeps every bit of what the digits hold, from the smallest to the largest doubles", () => {
    const all = { base: 2, integerDigits: 1024, fractionDigits: 1024 };
    const doubles = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(doubles, (value) => {
        fc.pre(value === 0 || Math.abs(value) >= 2 ** -900);
        expect(decodeFraction(encodeFraction(value, all), 2)).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  test.each([
    ["NaN", NaN, /^encode: expected a finite number, got NaN$/],
    ["infinity", Infinity, /^encode: expected a finite number, got Infinity$/],
    ["too many digits", 2 ** 64, /^encode: 18446744073709552000 has 65 digits before the point in base 2, /],
  ])("refuses %s", (_, value, message) => {
    const error = thrownBy(() => encodeFraction(value, usual));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
  });
});

describe("polynomials of digits", () => {
  test("come back from coefficients modulo p", () => {
    fc.assert(
      fc.property(parametersOf, fc.double({ min: -1000, max: 1000, noNaN: true }), (parameters, value) => {
        const digits = encodeFraction(value, parameters);
        const back = fromPolynomial(toPolynomial(digits, n, p), p);
        expect(decodeFraction(back, parameters.base)).toBe(decodeFraction(digits, parameters.base));
      }),
    );
  });

  test("sums and products are those of the values, exactly", () => {
    fc.assert(
      fc.property(shortValue, shortValue, shortValue, (a, b, c) => {
        const [x, y, z] = [a, b, c].map((value) => toPolynomial(encodeFraction(value, usual), n, p));
        const sum = productModulo(x, y, p).map((word, i) => (word + z[i]) % p);
        expect(decodeFraction(fromPolynomial(sum, p), 2)).toBe(a * b + c);
      }),
    );
  });

  test("digits outgrow a small p, and what is decoded then is another value", () => {
    const value = 2 ** 10 - 1;
    const small = 7;
    const x = toPolynomial(encodeFraction(value, usual), n, small);
    expect(decodeFraction(fromPolynomial(x, small), 2)).toBe(value);
    expect(decodeFraction(fromPolynomial(productModulo(x, x, small), small), 2)).not.toBe(value ** 2);
    const wide = toPolynomial(encodeFraction(value, usual), n, p);
    expect(decodeFraction(fromPolynomial(productModulo(wide, wide, p), p), 2)).toBe(value ** 2);
  });
});
