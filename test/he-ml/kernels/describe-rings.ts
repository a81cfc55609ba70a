import { beforeAll, describe, expect, test } from "@jest/globals";
import { coeffModulusPrimes } from "../../../src/he-ml/crypto/primes.js";
import type { ResidueRing } from "../../../src/he-ml/kernels/residue-ring.js";
import { automorphismPlaces, bitReversed, minimalRoot, powerMod } from "../../../src/he-ml/kernels/roots.js";
import type { loadKernels } from "../../../src/he-ml/kernels/load-kernels.js";
import { openRings, polynomials, put, type Rings } from "./rings.js";

/** A prime of each size, in bits, for every degree that has one. */
export interface RingCases {
  readonly degree: number;
  readonly bits: readonly number[];
  readonly names: readonly string[];
  /** Other kernels than those that are shipped. */
  readonly load?: typeof loadKernels;
}

/** That integers, doubles and bigints give the same, whatever is asked of a ring. */
export function describeRings({ degree: n, bits, names, load }: RingCases): void {
  const primes = bits.map((size) => coeffModulusPrimes(n, [size])[0]);
  const cases = primes.flatMap((prime) => names.map((name) => [n, prime, name] as const));

  let rings: Rings;
  beforeAll(async () => {
    rings = await openRings(n, load);
  });

  /** What each of a prime's rings makes of operands, as words; the same for all of them. */
  function resultOf(
    prime: bigint,
    operands: readonly BigUint64Array[],
    work: (ring: ResidueRing, to: number, operands: readonly number[]) => void,
  ): bigint[] {
    const results = rings.of(prime).map((ring) => {
      const addresses = operands.map((words) => put(rings, ring, words));
      const to = rings.memory.take();
      work(ring, to, addresses);
      const words = ring.toWords(to);
      rings.memory.give([...addresses, to]);
      return Array.from(words);
    });
    for (const result of results) expect(result).toEqual(results[0]);
    return results[0];
  }

  const mod = (value: bigint, p: bigint) => ((value % p) + p) % p;
  const balanced = (value: bigint, p: bigint) => (value > p / 2n ? value - p : value);

  describe.each(cases)("N = %i, modulo %s, %s: integers, doubles and bigints give the same", (_, p, name) => {
    const a = polynomials[name](n, p);
    const b = polynomials.random(n, p);

    test("the values at the roots, and back", () => {
      const values = resultOf(p, [a], (ring, to, [x]) => {
        ring.forward(x);
        rings.memory.copy(to, x);
      });
      const root = minimalRoot(n, p);
      for (const place of [0, 1, 2, n / 2, n - 1]) {
        const power = powerMod(root, BigInt(2 * bitReversed(place, Math.log2(n)) + 1), p);
        // Horner's rule.
        const value = a.reduceRight((sum, coefficient) => (sum * power + coefficient) % p, 0n);
        expect(values[place]).toBe(value);
      }
      const back = resultOf(p, [BigUint64Array.from(values)], (ring, to, [x]) => {
        ring.backward(x);
        rings.memory.copy(to, x);
      });
      expect(back).toEqual(Array.from(a));
    });

    test("sums, differences and products", () => {
      const each = (f: (x: bigint, y: bigint) => bigint) => Array.from(a, (x, i) => mod(f(x, b[i]), p));
      expect(resultOf(p, [a, b], (ring, to, [x, y]) => ring.add(to, x, y))).toEqual(each((x, y) => x + y));
      expect(resultOf(p, [a, b], (ring, to, [x, y]) => ring.subtract(to, x, y))).toEqual(
        each((x, y) => x - y),
      );
      const constant = p / 3n;
      expect(
        resultOf(p, [a], (ring, to, [x]) => ring.multiplyConstant(to, x, ring.constant(constant))),
      ).toEqual(each((x) => x * constant));
      expect(
        resultOf(p, [a, b], (ring, to, [x, y]) => ring.divideStep(to, x, y, ring.constant(3n), x)),
      ).toEqual(each((x, y) => 3n * (x - y) + x));
      expect(resultOf(p, [], (ring, to) => ring.fill(to, -5n))).toEqual(each(() => -5n));
    });

    test.each([1, 2, 7, 8, 9, 30])("a sum of %i products", (count) => {
      const sum = Array.from(a, (x, i) => mod(BigInt(count) * x * b[i], p));
      const many = <T>(of: T) => new Array<T>(count).fill(of);
      const factor = (ring: ResidueRing, to: number, f: number) => ring.toFactor(to, f);
      expect(
        resultOf(p, [a, b], (ring, to, [x, y]) => {
          factor(ring, y, y);
          ring.sumOfProducts(to, many(x), many(y));
        }),
      ).toEqual(sum);
      for (const half of [0, 1]) {
        expect(
          resultOf(p, [a, b, b], (ring, to, [x, y, other]) => {
            factor(ring, y, y);
            const pair: [number, number] = half === 0 ? [to, other] : [other, to];
            ring.sumOfProductPairs(pair, many(y), many(x), many(x));
          }),
        ).toEqual(sum);
      }
    });

    test("a product added to what is there", () => {
      const sum = Array.from(a, (x, i) => mod(x + x * b[i], p));
      for (const half of [0, 1]) {
        expect(
          resultOf(p, [a, b, a, a], (ring, to, [x, y, there, other]) => {
            ring.toFactor(y, y);
            const pair: [number, number] = half === 0 ? [there, other] : [other, there];
            ring.addProductPair(pair, y, x, x);
            rings.memory.copy(to, there);
          }),
        ).toEqual(sum);
      }
    });

    test("X ↦ X^3: the values at the roots in another order", () => {
      const places = automorphismPlaces(n, 3);
      const table = rings.memory.keep(places);
      expect(resultOf(p, [a], (ring, to, [x]) => ring.permute(to, x, table))).toEqual(
        Array.from(places, (place) => a[place]),
      );
      expect(
        resultOf(p, [a, b], (ring, to, [x, y]) => {
          ring.addPermuted(y, x, table);
          rings.memory.copy(to, y);
        }),
      ).toEqual(Array.from(places, (place, i) => mod(a[place] + b[i], p)));
      // What it means: the transform of the polynomial whose coefficients have moved.
      const moved = new BigUint64Array(n);
      a.forEach((coefficient, i) => {
        const power = (3 * i) % (2 * n);
        moved[power % n] = power < n ? coefficient : mod(-coefficient, p);
      });
      const transformed = (words: BigUint64Array) =>
        resultOf(p, [words], (ring, to, [x]) => {
          ring.forward(x);
          rings.memory.copy(to, x);
        });
      const values = transformed(a);
      expect(transformed(moved)).toEqual(Array.from(places, (place) => values[place]));
    });

    test.each(primes)("from its coefficients to residues modulo %s", (q) => {
      for (const lift of [false, true]) {
        const expected = Array.from(a, (x) => mod(lift ? x : balanced(x, p), q));
        for (const from of rings.of(p)) {
          const source = rings.memory.take();
          from.fromWords(source, a);
          for (const ring of rings.of(q)) {
            const to = rings.memory.take();
            ring.convert(to, source, from, lift);
            expect(Array.from(ring.toWords(to))).toEqual(expected);
            rings.memory.give([to]);
          }
          rings.memory.give([source]);
        }
      }
    });
  });
}
