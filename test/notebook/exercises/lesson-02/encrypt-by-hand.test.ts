import { expect, test } from "@jest/globals";
import {
  addPolynomials,
  gaussianPolynomial,
  multiplyPolynomials,
  reducePolynomial,
  ternaryPolynomial,
  uniformPolynomial,
  zeroPolynomial,
  type Polynomial,
  type Random,
  type RlweSample,
} from "../../../../src/he-ml/toy-ckks/index.js";
import { encryptByHand } from "../../../../src/notebook/exercises/lesson-02/encrypt-by-hand.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Drawn = (random: Random) => Polynomial;
interface Ingredients {
  u?: Drawn;
  e0?: Drawn;
  e1?: Drawn;
  hides?: (m: Polynomial) => Polynomial;
  modulus?: bigint;
}

const zero = zeroPolynomial(16);
const noise: Drawn = (random) => gaussianPolynomial(16, 3.2, random);
const ternary: Drawn = (random) => ternaryPolynomial(16, random);
const fixed: Polynomial = zero.map((_, i) => BigInt((i % 3) - 1));

const encrypting =
  ({ u = ternary, e0 = noise, e1 = noise, hides = (m) => m, modulus }: Ingredients = {}) =>
  (m: bigint[], { b, a }: RlweSample, q: bigint, random: Random): [bigint[], bigint[]] => {
    const drawn = u(random);
    const c0 = addPolynomials(addPolynomials(multiplyPolynomials(drawn, b), e0(random)), hides(m));
    const c1 = addPolynomials(multiplyPolynomials(drawn, a), e1(random));
    return [[...reducePolynomial(c0, modulus ?? q)], [...reducePolynomial(c1, modulus ?? q)]];
  };

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 10; seed++) {
    expect(await attempt(encryptByHand, encrypting(), seed)).toMatchObject({ passed: true });
  }
  await expectUntouchedRefused(encryptByHand);
});

test.each<[string, Ingredients, RegExp]>([
  ["no message", { hides: () => zero }, /it is an encryption of 0; m is not in it/],
  ["a large u", { u: (random) => uniformPolynomial(16, 2n ** 29n, random) }, /and is u small\?/],
  ["not reduced", { modulus: 2n ** 80n }, /outside of \(−q\/2, q\/2\]; reduce both/],
])("does not decrypt, %s: refused, and why", (_, ingredients, says) =>
  expectRefused(encryptByHand, encrypting(ingredients), says),
);

test.each<[string, Ingredients, RegExp]>([
  ["no mask", { u: () => zero, e1: () => zero }, /everybody can read it: c1·s is small/],
  [
    "the public key as it is",
    { u: () => [1n, ...zero.slice(1)], e0: () => zero, e1: () => zero },
    /where is e₁\?$/,
  ],
  ["no e₁", { e1: () => zero }, /everybody can read it: c1 = u·a is a linear system/],
  ["no e₀", { e0: () => zero }, /whoever guesses m sees that it is right: .* where is e₀\?$/],
  ["the same u", { u: () => fixed }, /the same u twice/],
  ["the same e₁", { e1: () => fixed }, /the same e₁ twice/],
])("decrypts and does not hide, %s: refused, and why", (_, ingredients, says) =>
  expectRefused(encryptByHand, encrypting(ingredients), says),
);

test("what was sent in the last run does not pass, nor does another shape", async () => {
  expect(await replayAttempt(encryptByHand, encrypting())).toMatchObject({ passed: false });
  await expectRefused(encryptByHand, () => [1n], /^encryptByHand: expected 2 answers/);
});
