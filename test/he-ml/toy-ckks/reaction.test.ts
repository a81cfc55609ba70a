import { expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import * as toy from "../../../src/he-ml/toy-ckks/index.js";
import { open } from "./support.js";

test.each([8, 16, 32])("a client's refusals give away the key, N = %i", (polyModulusDegree) => {
  const bound = 20;
  const { parameters, secretKey, decrypt } = open(
    { polyModulusDegree, coeffModulusBits: [30, 20, 30], scale: 2 ** 20 },
    polyModulusDegree,
  );
  const accepts = (answer: toy.Ciphertext) =>
    toy.realParts(decrypt(answer)).every((value) => Math.abs(value) <= bound);
  const attack = toy.reactionAttack(accepts, bound, parameters);
  expect(attack.secretKey).toEqual(secretKey);
  expect(attack.asked).toBe(polyModulusDegree * Math.log2(8 * polyModulusDegree));
});

test("a bound that the scale is too small for is refused", () => {
  const { parameters } = open({ polyModulusDegree: 8, coeffModulusBits: [30], scale: 64 }, 1, { base: 4n });
  for (const bound of [1, 0, NaN]) {
    expect(() => toy.reactionAttack(() => true, bound, parameters)).toThrow(InputError);
  }
});
