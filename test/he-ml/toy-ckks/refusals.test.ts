import { expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import * as toy from "../../../src/he-ml/toy-ckks/index.js";
import { thrownBy } from "../support.js";
import { open } from "./support.js";

const spec = { polyModulusDegree: 8, coeffModulusBits: [30, 20, 30], scale: 2 ** 20 };
const { parameters, secretKey, relinKey, random, encrypt } = open(spec, 1);
const other = open({ ...spec, coeffModulusBits: [31, 21, 30] }, 2);
const larger = open({ ...spec, polyModulusDegree: 16 }, 3);
const lone = toy.toyParameters({ ...spec, coeffModulusBits: [30] });
const x = encrypt([1]);
const plain = toy.encode([1], parameters);
const product = toy.multiply(x, x);
const huge = toy.encode([2 ** 40], parameters);
const publicKey = toy.createPublicKey(parameters, secretKey, random);
const rotationKey = toy.createRotationKey(1, parameters, secretKey, random);
const conjugationKey = toy.createConjugationKey(parameters, secretKey, random);
const sample = toy.rlweSample(new Array<bigint>(128).fill(1n), { q: 97n, sigma: 1 }, random);

test.each<[string, () => unknown, RegExp]>([
  ...[3, 2, 2048, 8.5, NaN].map((n): [string, () => unknown, RegExp] => [
    `N = ${n}`,
    () => toy.toyParameters({ ...spec, polyModulusDegree: n }),
    /polyModulusDegree: .* 1024 coefficients, got/,
  ]),
  ["no modulus", () => toy.toyParameters({ polyModulusDegree: 8, scale: 4 }), /neither/],
  ["both moduli", () => toy.toyParameters({ ...spec, coeffModulus: [97n] }), /both/],
  ["an empty chain", () => toy.toyParameters({ ...spec, coeffModulusBits: [] }), /one or more/],
  [
    "moduli that share a factor",
    () => toy.toyParameters({ polyModulusDegree: 8, coeffModulus: [97n, 194n], scale: 4 }),
    /no factor/,
  ],
  [
    "a modulus of 1",
    () => toy.toyParameters({ polyModulusDegree: 8, coeffModulus: [1n], scale: 4 }),
    /above 1/,
  ],
  [
    "more primes than there are",
    () => toy.toyParameters({ ...spec, coeffModulusBits: [3, 3, 3] }),
    /fewer primes of 3 bits/,
  ],
  ["primes of 40 bits", () => toy.toyParameters({ ...spec, coeffModulusBits: [40] }), /from 3 to 31/],
  [
    "a scale as large as the modulus",
    () => toy.toyParameters({ ...spec, scale: 2 ** 60 }),
    /scale: expected/,
  ],
  ["a negative sigma", () => toy.toyParameters({ ...spec, sigma: -1 }), /sigma/],
  ["too many values", () => toy.encode([1, 2, 3, 4, 5], parameters), /at most 4 values, got 5/],
  ["a value that is none", () => toy.encode([1, NaN], parameters), /slot 1/],
  ["a value that is infinite at this scale", () => toy.encode([1e308], parameters), /slot 0/],
  ["a scale of 0", () => toy.encode([1], parameters, 0), /scale above 0/],
  ["polynomials of different lengths", () => toy.addPolynomials([1n], [1n, 2n]), /1 and 2 coefficients/],
  [
    "a length that is no power of two",
    () => toy.multiplyPolynomials([1n, 2n, 3n], [1n, 2n, 3n]),
    /power of two/,
  ],
  [
    "a plaintext of another ring",
    () => toy.encryptSymmetric(toy.encode([1], larger.parameters), secretKey, parameters, random),
    /8 coefficients, got 16/,
  ],
  ["a key of another ring", () => toy.decrypt(x, larger.secretKey), /8 coefficients, got 16/],
  [
    "values beyond the modulus",
    () => toy.encryptSymmetric(huge, secretKey, parameters, random),
    /half of the modulus/,
  ],
  [
    "them under the public key",
    () => toy.encrypt(huge, publicKey, parameters, random),
    /half of the modulus/,
  ],
  [
    "a public key of another chain",
    () => toy.encrypt(plain, publicKey, other.parameters, random),
    /the same moduli/,
  ],
  ["a sum of two chains", () => toy.add(x, other.encrypt([1])), /the same moduli/],
  ["a sum of two levels", () => toy.add(x, toy.modSwitch(x)), /the same moduli/],
  ["a product of two levels", () => toy.multiply(x, toy.modSwitch(x)), /the same moduli/],
  ["a sum of two scales", () => toy.add(x, encrypt([1], 2 ** 21)), /the same scale/],
  [
    "a plaintext of another scale",
    () => toy.addPlain(x, toy.encode([1], parameters, 2 ** 19)),
    /the same scale/,
  ],
  ["a product of three polynomials", () => toy.multiply(product, x), /got 3; relinearize/],
  ["relinearizing two polynomials", () => toy.relinearize(x, relinKey), /of 3 polynomials, got 2/],
  [
    "relinearizing with another chain's key",
    () => toy.relinearize(product, other.relinKey),
    /the key's chain/,
  ],
  ["rotating three polynomials", () => toy.rotate(product, rotationKey), /got 3; relinearize/],
  ["rotating with a conjugation key", () => toy.rotate(x, conjugationKey), /power of 3/],
  ["conjugating with a rotation key", () => toy.conjugate(x, rotationKey), /X\^15, got one for X → X\^3/],
  ["an even automorphism", () => toy.applyAutomorphism([1n, 2n], 2), /odd/],
  ["half a step", () => toy.createRotationKey(0.5, parameters, secretKey, random), /whole step/],
  ["a scale out of bounds", () => toy.multiply(toy.modSwitch(x), toy.modSwitch(x)), /scale out of bounds/],
  ["the same of a plaintext", () => toy.multiplyPlain(toy.modSwitch(x), plain), /scale out of bounds/],
  ["the same of modSwitch", () => toy.modSwitch(product), /scale out of bounds/],
  ["a rescale at the last level", () => toy.rescale(toy.modSwitch(x)), /last level/],
  ["a modSwitch at the last level", () => toy.modSwitch(toy.modSwitch(x)), /last level/],
  ["no special prime", () => toy.createRelinKey(lone, secretKey, random), /needs a special prime/],
  ["a base of 1", () => toy.createRelinKey(parameters, secretKey, random, { base: 1n }), /2n or more/],
  ["no inverse", () => toy.inverseMod(6n, 9n), /no inverse modulo 9/],
  ["a modulus of 0", () => toy.uniformPolynomial(8, 0n, random), /modulus of 1 or more/],
  ["a deviation that is none", () => toy.gaussianPolynomial(8, NaN, random), /standard deviation/],
  ["primes that take forever", () => toy.isPrime(Infinity), /up to 2\^31/],
  [
    "equations that depend on each other",
    () =>
      toy.solveModulo(
        [
          [1n, 2n],
          [2n, 4n],
        ],
        [1n, 2n],
        7n,
      ),
    /depend on each other/,
  ],
  ["a matrix that is not square", () => toy.solveModulo([[1n, 2n]], [1n], 7n), /1 rows of 1/],
  ["a key among 3^128", () => toy.enumerateSecretKey(sample, 97n, 1), /at most 8 coefficients/],
  [
    "a key that is not there",
    () => toy.enumerateSecretKey({ b: [40n, 40n], a: [0n, 0n] }, 97n, 1),
    /no key leaves/,
  ],
  ["a lattice of 257 dimensions", () => toy.latticeAttack(sample, 97n), /at most 64/],
  [
    "rows that depend on each other",
    () =>
      toy.lll([
        [1, 2],
        [2, 4],
      ]),
    /independent/,
  ],
  ["rows of zeros", () => toy.lll([[0, 0]]), /independent/],
  ["a delta of 1", () => toy.lll([[1]], 1), /delta/],
  ["the deviation of nothing", () => toy.standardDeviation([]), /one polynomial or more/],
])("%s is refused in one line", (_, call, message) => {
  const error = thrownBy(call);
  expect(error).toBeInstanceOf(InputError);
  expect((error as InputError).message).toMatch(message);
});
