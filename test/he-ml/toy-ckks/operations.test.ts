import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import * as toy from "../../../src/he-ml/toy-ckks/index.js";
import { largest, multiplyComplex, open, randomSlots } from "./support.js";

const spec = { polyModulusDegree: 16, coeffModulusBits: [31, 28, 28, 31], scale: 2 ** 28 };

describe("the embedding", () => {
  test("takes products of polynomials to products slot by slot, and back", () => {
    const small = fc.array(fc.bigInt(-1000n, 1000n), { minLength: 16, maxLength: 16 });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const [za, zb, zab] = [a, b, toy.multiplyPolynomials(a, b)].map(toy.evaluateAtSlots);
        const expected = za.map((z, k) => multiplyComplex(z, zb[k]));
        expect(largest(toy.slotErrors(zab, expected))).toBeLessThan(1e-5);
        expect(toy.interpolateSlots(za).map((c) => BigInt(Math.round(c)))).toEqual(a);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test("X → X^(3^k) moves slots to the left, X → X^−1 conjugates them", () => {
    const n = 32;
    const polynomial = toy.uniformPolynomial(n, 1000n, toy.seededRandom(1));
    const slots = toy.evaluateAtSlots(polynomial);
    for (const step of [0, 1, 5, 15, -1, 17]) {
      const moved = toy.evaluateAtSlots(toy.applyAutomorphism(polynomial, toy.galoisElement(step, n)));
      const expected = slots.map((_, k) => slots[(k + step + 16) % 16]);
      expect(largest(toy.slotErrors(moved, expected))).toBeLessThan(1e-8);
    }
    const conjugated = toy.evaluateAtSlots(toy.applyAutomorphism(polynomial, -1));
    const expected = slots.map(({ re, im }) => toy.complex(re, -im));
    expect(largest(toy.slotErrors(conjugated, expected))).toBeLessThan(1e-8);
  });

  test("encoding errs by √(N/12)/scale in real slots, and by √2 less in each part of complex ones", () => {
    const [n, trials] = [64, 40];
    const random = toy.seededRandom(2);
    const deviation = (draw: () => number | toy.Complex) => {
      const errors = Array.from({ length: trials }, () => {
        const values = Array.from({ length: n / 2 }, draw);
        const decoded = toy.decode(toy.encode(values, { slots: n / 2, scale: 1000 }));
        return decoded.map(({ re }, k) => re - (typeof values[k] === "number" ? values[k] : values[k].re));
      });
      return toy.standardDeviation(errors);
    };
    const predicted = toy.encodingDeviation(n, 1000);
    // Of 1,280 errors, the deviation is known to 2 or 3 %; what is told apart is 1 and 0.71.
    expect(Math.abs(deviation(random) / predicted - 1)).toBeLessThan(0.15);
    const complex = deviation(() => toy.complex(random(), random()));
    expect(Math.abs((complex * Math.SQRT2) / predicted - 1)).toBeLessThan(0.15);
    expect(toy.slotDeviation(toy.encodingNoise, n, 1000) * Math.SQRT2).toBeCloseTo(predicted, 12);
  });
});

describe("what is computed on ciphertexts", () => {
  // Errors are about 2^−20 after a key switch without a special prime in base 2^8, and smaller elsewhere.
  const close = 1e-3;

  test.each(["primes", { base: 2n ** 8n }] as const)("is computed in every slot (%p)", (gadget) => {
    const { random, parameters, secretKey, relinKey, encrypt, decrypt } = open(spec, 3, gadget);
    const [a, b] = [0, 1].map(() => randomSlots(8, random));
    const [x, y] = [a, b].map((values) => encrypt(values));
    const plain = toy.encode(b, parameters);
    const times = a.map((value, k) => multiplyComplex(value, b[k]));
    const both = (sign: number) =>
      a.map((value, k) => toy.complex(value.re + sign * b[k].re, value.im + sign * b[k].im));
    const expectSlots = (result: toy.Ciphertext, expected: readonly toy.Complex[]) =>
      expect(largest(toy.slotErrors(decrypt(result), expected))).toBeLessThan(close);

    expectSlots(toy.add(x, y), both(1));
    expectSlots(toy.sub(x, y), both(-1));
    expectSlots(toy.addPlain(x, plain), both(1));
    expectSlots(toy.rescale(toy.multiplyPlain(x, plain)), times);
    const product = toy.multiply(x, y);
    expectSlots(product, times);
    // A sum of three polynomials and two.
    expectSlots(
      toy.sub(product, toy.multiplyPlain(x, plain)),
      times.map(() => toy.complex(0)),
    );
    const relinearized = toy.relinearize(product, relinKey);
    expectSlots(relinearized, times);
    const once = toy.rescale(relinearized);
    expect([toy.level(x), toy.level(once)]).toEqual([3, 2]);
    const lower = toy.modSwitch(x);
    const twice = toy.rescale(toy.relinearize(toy.multiply(once, lower), relinKey));
    expectSlots(
      twice,
      times.map((value, k) => multiplyComplex(value, a[k])),
    );
    for (const step of [1, -3]) {
      const key = toy.createRotationKey(step, parameters, secretKey, random, gadget);
      expectSlots(
        toy.rotate(lower, key),
        a.map((_, k) => a[(k + step + 8) % 8]),
      );
    }
    const conjugation = toy.createConjugationKey(parameters, secretKey, random, gadget);
    expectSlots(
      toy.conjugate(x, conjugation),
      a.map(({ re, im }) => toy.complex(re, -im)),
    );
  });

  test("under the public key, and with a seed in place of the uniform half", () => {
    const { random, parameters, secretKey, decrypt } = open(spec, 4);
    const values = randomSlots(8, random);
    const plain = toy.encode(values, parameters);
    const publicKey = toy.createPublicKey(parameters, secretKey, random);
    const seeded = toy.encryptSeeded(plain, secretKey, parameters, random, "half");
    for (const ciphertext of [toy.encrypt(plain, publicKey, parameters, random), toy.expandSeed(seeded)]) {
      expect(largest(toy.slotErrors(decrypt(ciphertext), values))).toBeLessThan(close);
    }
    expect(
      JSON.parse(JSON.stringify(seeded, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v))),
    ).not.toHaveProperty("c1");
  });

  test("a gadget's noise falls with its base, and one digit drowns everything", () => {
    const noise = (base: bigint) => {
      const { secretKey, relinKey, encrypt } = open(spec, 5, { base });
      const product = toy.multiply(encrypt([1]), encrypt([1]));
      const exact = toy.decrypt(product, secretKey).polynomial;
      return toy.standardDeviation([toy.noiseOf(toy.relinearize(product, relinKey), secretKey, exact)]);
    };
    const [small, middle, one] = [2n ** 4n, 2n ** 16n, 2n ** 90n].map(noise);
    expect(small).toBeLessThan(middle / 100);
    expect(one).toBeGreaterThan(2 ** 80);
  });

  test("a sum wraps around as soon as its headroom is used up, and not before", () => {
    const { encrypt, decrypt } = open({ ...spec, coeffModulusBits: [31, 31], scale: 2 ** 24 }, 6);
    let x = encrypt([30, 30, 30, 30, 30, 30, 30, 30]);
    expect(toy.headroomBits(x, 30)).toBeCloseTo(Math.log2(64 / 30), 6);
    x = toy.add(x, x);
    expect(decrypt(x)[0].re).toBeCloseTo(60, 2);
    x = toy.add(x, x);
    expect(toy.headroomBits(x, 120)).toBeLessThan(0);
    expect(decrypt(x)[0].re).toBeCloseTo(120 - 128, 2);
  });
});

describe("attacks", () => {
  const small = { polyModulusDegree: 8, coeffModulus: [12289n], scale: 64 };
  const party = (seed: number, sigma?: number) => {
    const random = toy.seededRandom(seed);
    const parameters = toy.toyParameters({ ...small, sigma });
    const secretKey = toy.createSecretKey(parameters, random);
    const plain = toy.encode([1, 2, 3, 4], parameters);
    return {
      random,
      parameters,
      secretKey,
      plain,
      x: toy.encryptSymmetric(plain, secretKey, parameters, random),
    };
  };

  test("elimination finds the key where the noise is 0, finds nonsense where it is not, and the key from a decryption", () => {
    const noiseless = party(7, 0);
    expect(toy.recoverSecretKey(noiseless.x, noiseless.plain)).toEqual(noiseless.secretKey);
    const noisy = party(7);
    expect(Math.max(...toy.recoverSecretKey(noisy.x, noisy.plain).map(Number).map(Math.abs))).toBeGreaterThan(
      100,
    );
    expect(toy.recoverSecretKey(noisy.x, toy.decrypt(noisy.x, noisy.secretKey))).toEqual(noisy.secretKey);
  });

  test("enumeration and lattice reduction find the key in spite of the noise", () => {
    const { parameters, secretKey, random } = party(8);
    const sample = toy.rlweSample(secretKey, { q: 12289n, sigma: parameters.sigma }, random);
    expect(toy.enumerateSecretKey(sample, 12289n, parameters.sigma).secretKey).toEqual(secretKey);
    expect(toy.latticeAttack(sample, 12289n)).toEqual(secretKey);
  });

  test("where the noise is as large as the modulus, no lattice vector is the key", () => {
    const { secretKey, random } = party(9);
    const sample = toy.rlweSample(secretKey, { q: 97n, sigma: 60 }, random);
    expect(toy.latticeAttack(sample, 97n)?.join()).not.toBe(secretKey.join());
  });
});
