import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import {
  addPolynomials,
  applyAutomorphism,
  centredMod,
  divideAndRound,
  fromResidues,
  gadgetFactors,
  decompose,
  inverseMod,
  isPrime,
  log2,
  mod,
  multiplyPolynomials,
  product,
  reducePolynomial,
  scalePolynomial,
  subtractPolynomials,
  toResidues,
  zeroPolynomial,
} from "../../../src/he-ml/toy-ckks/index.js";
import { polynomials, schoolbook } from "./support.js";

const check = (property: fc.IProperty<never>, numRuns = 60) => fc.assert(property, { seed: 1, numRuns });
const moduli = fc.constantFrom([97n], [12289n, 257n], [1021n, 1019n, 1013n, 65537n]);

describe("numbers modulo q", () => {
  test("remainders lie where they should, and differ from the number by a multiple of q", () => {
    check(
      fc.property(fc.bigInt(), fc.bigInt(1n, 2n ** 70n), (a, q) => {
        const [plain, centred] = [mod(a, q), centredMod(a, q)];
        expect(plain >= 0n && plain < q).toBe(true);
        expect(2n * centred > -q && 2n * centred <= q).toBe(true);
        expect([(a - plain) % q, (a - centred) % q].every((rest) => rest === 0n)).toBe(true);
      }) as never,
    );
  });

  test("inverses multiply to 1", () => {
    check(
      fc.property(fc.bigInt(1n, 12288n), fc.bigInt(-5n, 5n), (a, turns) => {
        expect(mod(a * inverseMod(a + turns * 12289n, 12289n), 12289n)).toBe(1n);
      }) as never,
    );
  });

  test("primes below 100 are the twenty-five", () => {
    const primes = Array.from({ length: 101 }, (_, n) => n - 1).filter(isPrime);
    expect(primes.join()).toBe("2,3,5,7,11,13,17,19,23,29,31,37,41,43,47,53,59,61,67,71,73,79,83,89,97");
  });

  test("log2 is right for short and long numbers", () => {
    expect([1n, 3n, 2n ** 63n, 3n * 2n ** 500n].map(log2)).toEqual([0, Math.log2(3), 63, 500 + Math.log2(3)]);
  });
});

describe("the ring", () => {
  test("X^N is −1", () => {
    for (const n of [2, 8, 64, 1024]) {
      const power = (k: number) => zeroPolynomial(n).map((_, j) => (j === k ? 1n : 0n));
      expect(multiplyPolynomials(power(n - 1), power(1))).toEqual(scalePolynomial(power(0), -1n));
    }
  });

  test("products are those of the definition, above and below the length at which halves are multiplied", () => {
    check(
      fc.property(polynomials(2), ([a, b]) => {
        expect(multiplyPolynomials(a, b)).toEqual(schoolbook(a, b));
      }) as never,
    );
  });

  test("it is a commutative ring, before and after reducing modulo q", () => {
    check(
      fc.property(polynomials(3), fc.bigInt(2n, 2n ** 20n), ([a, b, c], q) => {
        const times = multiplyPolynomials;
        const reduced = (x: readonly bigint[]) => reducePolynomial(x, q);
        expect(times(a, b)).toEqual(times(b, a));
        expect(times(times(a, b), c)).toEqual(times(a, times(b, c)));
        expect(times(a, addPolynomials(b, c))).toEqual(addPolynomials(times(a, b), times(a, c)));
        expect(addPolynomials(subtractPolynomials(a, b), b)).toEqual(a);
        expect(reduced(times(reduced(a), reduced(b)))).toEqual(reduced(times(a, b)));
      }) as never,
    );
  });

  test("X → X^g respects sums and products, and one after the other is X → X^(g·h)", () => {
    const odd = fc.integer({ min: -40, max: 40 }).map((half) => 2 * half + 1);
    check(
      fc.property(polynomials(2), odd, odd, ([a, b], g, h) => {
        const image = (x: readonly bigint[]) => applyAutomorphism(x, g);
        expect(image(addPolynomials(a, b))).toEqual(addPolynomials(image(a), image(b)));
        expect(image(multiplyPolynomials(a, b))).toEqual(multiplyPolynomials(image(a), image(b)));
        expect(applyAutomorphism(image(a), h)).toEqual(applyAutomorphism(a, g * h));
      }) as never,
    );
  });
});

describe("residues and digits", () => {
  test("a polynomial modulo q comes back from its residues, and products may be taken prime by prime", () => {
    check(
      fc.property(polynomials(2), moduli, ([a, b], primes) => {
        const q = product(primes);
        expect(fromResidues(toResidues(a, primes), primes)).toEqual(reducePolynomial(a, q));
        const byPrime = toResidues(a, primes).map((residue, i) =>
          reducePolynomial(multiplyPolynomials(residue, toResidues(b, primes)[i]), primes[i]),
        );
        expect(fromResidues(byPrime, primes)).toEqual(reducePolynomial(multiplyPolynomials(a, b), q));
      }) as never,
    );
  });

  test("dividing by the last prime on residues is rounding to the nearest", () => {
    check(
      fc.property(polynomials(1), fc.constantFrom([97n, 89n], [1021n, 1019n, 65537n]), ([a], primes) => {
        const last = primes.at(-1)!;
        const inRange = reducePolynomial(a, product(primes));
        // ⌊a/last + ½⌋; halves do not occur, as the prime is odd.
        const rounded = inRange.map((c) => (2n * c + last - mod(2n * c + last, 2n * last)) / (2n * last));
        const rest = product(primes.slice(0, -1));
        expect(divideAndRound(inRange, primes)).toEqual(reducePolynomial(rounded, rest));
      }) as never,
    );
  });

  const gadgets = fc.oneof(
    fc.constant("primes" as const),
    fc.bigInt(2n, 40n).map((base) => ({ base })),
    fc.constant({ base: 2n ** 64n }),
  );
  test("digits times factors add up to the polynomial, and are small", () => {
    check(
      fc.property(polynomials(1), moduli, gadgets, ([a], primes, gadget) => {
        const q = product(primes);
        const digits = decompose(a, gadget, primes);
        const factors = gadgetFactors(gadget, primes);
        expect(digits.length).toBe(factors.length);
        const sum = digits
          .map((digit, i) => scalePolynomial(digit, factors[i]))
          .reduce((total, term) => addPolynomials(total, term));
        expect(reducePolynomial(sum, q)).toEqual(reducePolynomial(a, q));
        digits.forEach((digit, i) => {
          const bound = gadget === "primes" ? primes[i] : gadget.base + 2n;
          for (const d of digit) expect(2n * (d < 0n ? -d : d) <= bound).toBe(true);
        });
      }) as never,
    );
  });
});
