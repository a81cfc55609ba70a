import { expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import * as toy from "../../../src/he-ml/toy-ckks/index.js";
import { open } from "./support.js";

const spec = { polyModulusDegree: 16, coeffModulusBits: [30, 20, 30], scale: 2 ** 20 };

/** Two products that a server computed, and what their client may show of them. */
function products(seed: number) {
  const { random, parameters, secretKey, relinKey, encrypt, decrypt } = open(spec, seed);
  const square = (): toy.Ciphertext => {
    const x = encrypt(Array.from({ length: parameters.slots }, () => 2 * random() - 1));
    return toy.rescale(toy.relinearize(toy.multiply(x, x), relinKey));
  };
  return { random, secretKey, decrypt, results: [square(), square()] };
}

test("what is shown gives the key: all of one result, or the real parts of two, on ten seeds of ten", () => {
  for (let seed = 0; seed < 10; seed++) {
    const { secretKey, decrypt, results } = products(seed);
    const [first] = results;
    const plain = toy.plaintextOfShown(decrypt(first), first.scale);
    expect(plain).toEqual(toy.decrypt(first, secretKey));
    expect(toy.recoverSecretKey(first, plain)).toEqual(secretKey);
    const shared = results.map((ciphertext) => ({ ciphertext, values: toy.realParts(decrypt(ciphertext)) }));
    expect(toy.recoverFromRealParts(shared)).toEqual(secretKey);
    const rounded = shared.map(({ ciphertext, values }) => ({
      ciphertext,
      values: values.map((value) => Math.round(1000 * value) / 1000),
    }));
    expect(toy.recoverFromRealParts(rounded)).not.toEqual(secretKey);
  }
});

test("a flood has the deviation that was asked for, and leaves the scale", () => {
  const random = toy.seededRandom("flood");
  const plain = { polynomial: new Array<bigint>(1024).fill(7n), scale: 2 ** 20 };
  const flooded = toy.flood(plain, 500, random);
  expect(flooded.scale).toBe(plain.scale);
  const added = toy.subtractPolynomials(flooded.polynomial, plain.polynomial);
  expect(toy.standardDeviation([added]) / 500).toBeCloseTo(1, 1);
  expect(() => toy.flood(plain, -1, random)).toThrow(InputError);
});

test("one decryption, or a product of three polynomials, is refused", () => {
  const { results, decrypt } = products(1);
  const [shared] = results.map((ciphertext) => ({ ciphertext, values: toy.realParts(decrypt(ciphertext)) }));
  expect(() => toy.recoverFromRealParts([shared])).toThrow(/expected two decryptions that were shown, got 1/);
  const polynomials = [...results[0].polynomials, toy.zeroPolynomial(16)];
  const product = { ...shared, ciphertext: { ...results[0], polynomials } };
  expect(() => toy.recoverFromRealParts([product, shared])).toThrow(InputError);
});
