import { beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { coeffModulusPrimes } from "../../../src/he-ml/crypto/primes.js";
import type { ResidueKind } from "../../../src/he-ml/kernels/residue-ring.js";
import { RnsRing } from "../../../src/he-ml/kernels/rns-ring.js";
import { sumsOfMultiples } from "../../../src/he-ml/kernels/sums-of-multiples.js";
import { polynomials } from "./rings.js";

const n = 1024;
const primes = [60, 52, 50, 49, 30, 14].map((size) => coeffModulusPrimes(n, [size])[0]);
const kinds: (ResidueKind | undefined)[] = [undefined, "i64"];

interface Operand {
  readonly words: readonly BigUint64Array[];
  readonly inRing: ReadonlyMap<RnsRing, number[]>;
}

let rings: RnsRing[];
let operands: Operand[];
beforeAll(async () => {
  rings = await Promise.all(kinds.map((kind) => RnsRing.open(n, [...primes, primes[0]], { kind })));
  operands = Object.values(polynomials).map((make) => {
    const words = primes.map((p) => make(n, p));
    const inRing = (ring: RnsRing) =>
      words.map((residues, i) => {
        const address = ring.memory.take();
        ring.rings[i].fromWords(address, residues);
        return address;
      });
    return { words, inRing: new Map(rings.map((ring) => [ring, inRing(ring)])) };
  });
});

/** Terms of a sum: which operands are its two polynomials, and the integer. */
type Term = readonly [number, number, number];

/** By operand, what it is multiplied by in all. */
function integersOf(terms: readonly Term[], k: number): Map<number, bigint> {
  const sums = new Map<number, bigint>();
  for (const term of terms) sums.set(term[k], (sums.get(term[k]) ?? 0n) + BigInt(term[2]));
  return sums;
}

/** Holds what both kinds of rings make of sums against bigints, in every residue polynomial. */
function check(sums: readonly (readonly Term[])[]): void {
  for (const ring of rings) {
    const polynomial = (k: number) => operands[k].inRing.get(ring)!;
    const held = ring.memory.bytes;
    const results = sumsOfMultiples(
      ring,
      sums.map((terms) => ({
        as: terms.map(([first, second]) => [polynomial(first), polynomial(second)]),
        integers: terms.map(([, , integer]) => integer),
      })),
    );
    results.forEach((result, s) =>
      result.forEach((residues, k) =>
        primes.forEach((p, i) => {
          const expected = new BigUint64Array(n);
          for (const [place, integer] of integersOf(sums[s], k)) {
            const { words: byPrime } = operands[place];
            const weight = ((integer % p) + p) % p;
            byPrime[i].forEach((word, j) => (expected[j] = (expected[j] + word * weight) % p));
          }
          const got = ring.rings[i].toWords(residues[i]);
          expect({
            s,
            k,
            p,
            kind: ring.kinds[i],
            same: got.every((word, j) => word === expected[j]),
          }).toEqual({
            ...{ s, k, p, kind: ring.kinds[i], same: true },
          });
        }),
      ),
    );
    expect(ring.memory.bytes - held).toBeLessThanOrEqual(2 ** 20);
    ring.memory.give(results.flat(2));
  }
}

const operand = fc.integer({ min: 0, max: Object.keys(polynomials).length - 1 });
const integers = fc.oneof(
  fc.integer({ min: -(2 ** 17), max: 2 ** 17 }),
  fc.constantFrom(1, -1, 2 ** 25, -(2 ** 25), 2 ** 25 + 1, 2 ** 26, 2 ** 27 - 1, 2 ** 52, -(2 ** 52)),
  fc.maxSafeInteger().filter((integer) => integer !== 0),
  fc.integer({ min: 1 }).map((integer) => integer * 2 ** 60),
);
const terms = fc
  .array(fc.tuple(operand, operand, integers), { minLength: 1, maxLength: 9 })
  .map((drawn) => drawn.map((term): Term => (term[2] === 0 ? [term[0], term[1], 3] : term)));

describe("sums of multiples are what bigints give, on doubles and on integers", () => {
  test("of hostile residues and integers of all sizes", () => {
    fc.assert(fc.property(fc.array(terms, { minLength: 1, maxLength: 3 }), check), { seed: 1, numRuns: 6 });
  });

  test("where the largest residues meet the largest sum of weights, in every number of terms modulo four", () => {
    const largest = Object.keys(polynomials).indexOf("all (p − 1) / 2");
    const last = Object.keys(polynomials).indexOf("all p − 1");
    for (const count of [1, 3, 4, 6]) {
      const weight = Math.floor((2 ** 27 - 1) / count);
      check([
        Array.from({ length: count }, (): Term => [largest, last, Math.min(weight, 2 ** 27)]),
        Array.from({ length: count }, (): Term => [last, largest, -Math.min(weight, 2 ** 27)]),
      ]);
    }
  });

  test("of more terms than lists have room for, and more weight than one pass holds", () => {
    check([
      Array.from({ length: 40 }, (_, k): Term => [k % 7, (k + 3) % 7, k % 2 ? 2 ** 27 : -(2 ** 26)]),
      Array.from({ length: 6000 }, (_, k): Term => [k % 7, 1, (k % 5) - 2]).filter(([, , w]) => w !== 0),
      [[0, 2, 5]],
    ]);
  });
});
