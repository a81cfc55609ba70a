import { describe, expect, test } from "@jest/globals";
import initialize from "node-seal";
import { takesBatching } from "../../../../src/he-ml/crypto/bfv/batching-primes.js";
import { defaultModulusBits } from "../../../../src/he-ml/crypto/bfv/default-modulus.js";
import { checkBfvParameters } from "../../../../src/he-ml/crypto/bfv/parameters.js";
import { maxCoeffModulusBits } from "../../../../src/he-ml/crypto/security-tables.js";
import { InputError } from "../../../../src/he-ml/errors.js";
import { thrownBy } from "../../support.js";
import { fractional, integers, withoutKeySwitching } from "./support.js";

const seal = await initialize();
const spec = { scheme: "bfv", polyModulusDegree: 4096, plainModulus: 1032193 } as const;
const asIntegers = { ...spec, encoding: "integers", scaleBits: 4 } as const;

describe("what follows from a specification", () => {
  test("fractional: 64 and 32 digits in base 2, no scale, SEAL's own primes", () => {
    expect(checkBfvParameters(spec)).toEqual({
      ...spec,
      encoding: "fractional",
      base: 2,
      integerDigits: 64,
      fractionDigits: 32,
      scaleBits: 0,
      weightScaleBits: 0,
      slots: 1,
      levels: 1,
      security: 128,
      coeffModulusBits: [36, 36, 37],
      coeffModulus: [68719230977n, 68719403009n, 137438822401n],
    });
  });

  test("integers: N slots, and weights at the images' scale", () => {
    expect(checkBfvParameters(asIntegers)).toMatchObject({
      encoding: "integers",
      slots: 4096,
      levels: 1,
      scaleBits: 4,
      weightScaleBits: 4,
    });
  });

  test.each([fractional, integers, withoutKeySwitching])("is accepted again, and frozen", (parameters) => {
    expect(checkBfvParameters(parameters)).toEqual(parameters);
    expect(Object.isFrozen(parameters)).toBe(true);
  });

  test.each([128, 192, 256] as const)("primes of %p bits of security have SEAL's sizes", (security) => {
    const level = {
      128: seal.SecLevelType.tc128,
      192: seal.SecLevelType.tc192,
      256: seal.SecLevelType.tc256,
    };
    for (const degree of Object.keys(maxCoeffModulusBits).map(Number)) {
      using primes = seal.CoeffModulus.BFVDefault(degree, level[security]);
      const bits = Array.from({ length: primes.size() }, (_, i) => primes.get(i)!.bitCount());
      expect(defaultModulusBits(degree, security)).toEqual(bits);
      const made = checkBfvParameters({ ...spec, polyModulusDegree: degree, plainModulus: 257, security });
      expect(made.coeffModulusBits).toEqual(bits);
    }
  });
});

describe("refused, saying what would do:", () => {
  test.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /^BFV parameters: the whole: /],
    ["another scheme", { ...spec, scheme: "ckks" }, /^BFV parameters: scheme: /],
    ["no p", { scheme: "bfv", polyModulusDegree: 4096 }, /^BFV parameters: plainModulus: /],
    ["a fraction for p", { ...spec, plainModulus: 17.5 }, /^BFV parameters: plainModulus: /],
    ["p of 1", { ...spec, plainModulus: 1 }, /^BFV parameters: plainModulus: /],
    ["p beyond 2^50", { ...spec, plainModulus: 2 ** 51 }, /^BFV parameters: plainModulus: /],
    ["an unknown key", { ...spec, scale: 4 }, /^BFV parameters: the whole: Unrecognized key: "scale"/],
    ["scaleBits without integers", { ...spec, scaleBits: 4 }, /^BFV parameters: scaleBits: /],
    ["base 1", { ...spec, base: 1 }, /^BFV parameters: base: /],
    ["an encoding that is none", { ...spec, encoding: "binary" }, /^BFV parameters: encoding: /],
    [
      "a degree that is no power of two",
      { ...spec, polyModulusDegree: 3000 },
      /polyModulusDegree: expected one of 1024, 2048, 4096, .*, got 3000/,
    ],
    [
      "more digits than half of the degree",
      { ...spec, polyModulusDegree: 1024, plainModulus: 17, fractionDigits: 600 },
      /64 integerDigits and 600 fractionDigits: expected at most 512/,
    ],
    ["p of 2", { ...spec, plainModulus: 2 }, /plainModulus 2 does not hold the digits of base 2/],
    [
      "digits that reach half of p",
      { ...spec, plainModulus: 100, base: 101 },
      /plainModulus 100 does not hold the digits of base 101, which reach 50 of either sign/,
    ],
    [
      "too many bits for 128-bit security",
      { ...spec, coeffModulusBits: [50, 50, 50] },
      /150 coefficient-modulus bits at polyModulusDegree 4096 are below 128-bit security/,
    ],
    [
      "p that leaves no noise budget",
      { ...spec, polyModulusDegree: 1024, plainModulus: 2 ** 26 },
      /plainModulus 67108864 leaves no noise budget in 27 bits of data primes/,
    ],
    [
      "p that is one of the primes",
      { ...spec, coeffModulusBits: [36, 36, 37], plainModulus: 68719230977 },
      /plainModulus 68719230977 is a multiple of 68719230977, one of the primes/,
    ],
    [
      "a prime that does not take batching",
      { ...asIntegers, plainModulus: 1032191 },
      /plainModulus 1032191 does not take integers in slots \(packing batch\).* 8192 does; take 974849 or 1032193, /,
    ],
    [
      "a p below all that take batching",
      { ...asIntegers, plainModulus: 17 },
      /take 40961, or the encoding "fractional"/,
    ],
    ["scaleBits beyond p", { ...asIntegers, scaleBits: 19.5 }, /scaleBits 19.5 leave no room/],
    ["slots that do not follow", { ...fractional, slots: 512 }, /slots: expected 1, which follows/],
    ["primes that do not follow", { ...fractional, coeffModulus: [3n] }, /coeffModulus: expected .*, got 3;/],
  ])("%s", (_, given, message) => {
    const error = thrownBy(() => checkBfvParameters(given));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toMatch("\n");
  });
});

test("the nearest plain moduli that are named take batching, and nothing between them does", () => {
  for (const [degree, p] of [
    [1024, 13513511],
    [2048, 1_000_000],
    [8192, 2 ** 30],
  ]) {
    const given = {
      ...asIntegers,
      polyModulusDegree: degree,
      plainModulus: p,
      coeffModulusBits: [50, 50, 50],
    };
    const message = (thrownBy(() => checkBfvParameters({ ...given, security: "teaching" })) as Error).message;
    const [below, above] = /take (\d+) or (\d+),/.exec(message)!.slice(1).map(Number);
    expect(below).toBeLessThan(p);
    expect(above).toBeGreaterThan(p);
    for (const prime of [below, above]) {
      const parameters = { ...given, security: "teaching", plainModulus: prime };
      expect(checkBfvParameters(parameters)).toMatchObject({ plainModulus: prime });
    }
    for (let between = below + 2 * degree; between < above; between += 2 * degree) {
      expect(takesBatching(degree, between)).toBe(false);
    }
  }
});
