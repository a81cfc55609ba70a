import { expect, test } from "@jest/globals";
import {
  addPolynomials,
  gaussianPolynomial,
  multiplyPolynomials,
  reducePolynomial,
  scalePolynomial,
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
  hidesToo?: (m: Polynomial) => Polynomial;
  multiplied?: boolean;
  modulus?: bigint;
}

const zero = zeroPolynomial(16);
const noise: Drawn = (random) => gaussianPolynomial(16, 3.2, random);
const ternary: Drawn = (random) => ternaryPolynomial(16, random);
const one: Polynomial = [1n, ...zero.slice(1)];
const fixed: Polynomial = zero.map((_, i) => BigInt((i % 3) - 1));

const encrypting =
  ({ u = ternary, e0 = noise, e1 = noise, ...others }: Ingredients = {}) =>
  (m: bigint[], { b, a }: RlweSample, q: bigint, random: Random): [bigint[], bigint[]] => {
    const { hides = (message) => message, hidesToo = () => zero, multiplied = false, modulus = q } = others;
    const drawn = u(random);
    const message = multiplied ? multiplyPolynomials(drawn, m) : hides(m);
    const c0 = addPolynomials(addPolynomials(multiplyPolynomials(drawn, b), e0(random)), message);
    const c1 = addPolynomials(addPolynomials(multiplyPolynomials(drawn, a), e1(random)), hidesToo(m));
    return [[...reducePolynomial(c0, modulus)], [...reducePolynomial(c1, modulus)]];
  };
const encrypted = encrypting();

/** As a stub may have its types. */
const asPolynomials = (
  m: Polynomial,
  publicKey: { b: Polynomial; a: Polynomial },
  q: bigint,
  random: Random,
): [Polynomial, Polynomial] => encrypted([...m], publicKey, q, random);

/** The noise of c1 is that of c0, times a sign. */
const sameNoise =
  (sign: bigint): typeof encrypted =>
  (m, publicKey, q, random) => {
    const e = noise(random);
    return encrypting({ e0: () => e, e1: () => scalePolynomial(e, sign) })(m, publicKey, q, random);
  };

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 10; seed++) {
    expect(await attempt(encryptByHand, encrypting(), seed)).toMatchObject({
      passed: true,
      says: "it decrypts, and seven attacks on it find nothing",
    });
  }
  expect(await attempt(encryptByHand, asPolynomials)).toMatchObject({ passed: true });
  await expectUntouchedRefused(encryptByHand);
});

test.each<[string, Ingredients, RegExp]>([
  ["no message", { hides: () => zero }, /it is an encryption of 0; m is not in it/],
  [
    "u times the message, too",
    { multiplied: true },
    /: m was multiplied by something, too; add it as it is, to u·b$/,
  ],
  ["twice the message", { hides: (m) => addPolynomials(m, m) }, /: m was multiplied by something, too/],
  ["the message in both", { hidesToo: (m) => m }, /: m is in c1, too; it belongs in c0 only$/],
  ["the message in c1", { hides: () => zero, hidesToo: (m) => m }, /: m is in c1; it belongs in c0$/],
  [
    "a large u",
    { u: (random) => uniformPolynomial(16, 2n ** 29n, random) },
    /and is u small\? c0 is made of b, c1 of a; m as it is, in c0 only$/,
  ],
  ["not reduced", { modulus: 2n ** 80n }, /outside of \(−q\/2, q\/2\]; reduce both/],
])("does not decrypt, %s: refused, and why", (_, ingredients, says) =>
  expectRefused(encryptByHand, encrypting(ingredients), says),
);

test.each<[string, Ingredients, RegExp]>([
  ["no mask", { u: () => zero, e1: () => zero }, /everybody can read it: c1·s is small/],
  [
    "the public key as it is",
    { u: () => one, e0: () => zero, e1: () => zero },
    /everybody can read it: nothing was drawn: c1 is a itself, so c0 − b is m$/,
  ],
  ["the public key and noise", { u: () => one }, /the same u twice/],
  ["no e₁", { e1: () => zero }, /everybody can read it: c1 = u·a is a linear system/],
  ["no e₀", { e0: () => zero }, /whoever guesses m sees that it is right: .* where is e₀\?$/],
  ["the same u", { u: () => fixed }, /the same u twice/],
  ["the same e₁", { e1: () => fixed }, /the same e₁ twice/],
  ["the same e₀", { e0: () => fixed }, /the same e₀ twice/],
])("decrypts and does not hide, %s: refused, and why", (_, ingredients, says) =>
  expectRefused(encryptByHand, encrypting(ingredients), says),
);

test.each<[string, typeof encrypted, RegExp]>([
  ["the same noise in both", sameNoise(1n), /the same noise is in both: .*; draw e₁ anew$/],
  ["the same noise in both, negated", sameNoise(-1n), /the same noise is in both: .*; draw e₁ anew$/],
  [
    "u drawn for each",
    (m, publicKey, q, random) => [
      encrypted(m, publicKey, q, random)[0],
      encrypted(m, publicKey, q, random)[1],
    ],
    /: b and a are multiplied by two different u; draw u once, for both$/,
  ],
  [
    "b and a exchanged",
    (m, { b, a }, q, random) => encrypted(m, { b: a, a: b }, q, random),
    /: b and a are exchanged; c0 is made of b, c1 of a$/,
  ],
  [
    "c0 and c1 exchanged",
    (...of) => [encrypted(...of)].map(([c0, c1]): [bigint[], bigint[]] => [c1, c0])[0],
    /: c0 and c1 are exchanged; the one with b and m comes first$/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(encryptByHand, answer, says));

test("what was sent in the last run does not pass, nor does another shape", async () => {
  expect(await replayAttempt(encryptByHand, encrypting())).toMatchObject({ passed: false });
  await expectRefused(encryptByHand, () => [1n], /^encryptByHand: expected 2 answers/);
});
