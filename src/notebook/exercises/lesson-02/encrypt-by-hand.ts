import {
  addPolynomials,
  multiplyPolynomials,
  predictedNoiseEncrypt,
  reducePolynomial,
  rlweSample,
  subtractPolynomials,
  type Polynomial,
  type RlweSample,
} from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { freshRandom, integer } from "../random.js";
import { bigints, responses } from "../responses.js";
import { keyOfBothSigns, quotient, uniformUnit } from "./polynomials.js";

const degree = 16;
const sigma = 3.2;
const q = 1073741789n;
/** Twelve deviations: no honest noise is larger. */
const bound = BigInt(Math.round(12 * predictedNoiseEncrypt({ sigma, polyModulusDegree: degree })));

export interface ToEncrypt {
  readonly m: Polynomial;
  readonly publicKey: RlweSample;
  readonly q: bigint;
}

type Pair = readonly [c0: Polynomial, c1: Polynomial];

/** Encrypt with nothing but a public key, so that it decrypts, and hides. */
export const encryptByHand: Exercise<
  ToEncrypt,
  (
    m: bigint[],
    publicKey: { b: bigint[]; a: bigint[] },
    q: bigint,
    random: Random,
  ) => readonly [Polynomial, Polynomial],
  Polynomial,
  readonly unknown[]
> = {
  id: "encrypt-by-hand",
  lesson: "02",
  title: "encrypt with a public key",
  points: 3,
  answer: "encryptByHand",
  hints: [
    "(b, a) is an encryption of 0, and so is u times it, for any small u. Whatever is added to the first polynomial is what it encrypts.",
    "c0 = u·b + e₀ + m and c1 = u·a + e₁ modulo q, where u is a ternary polynomial and e₀ and e₁ are noise: all three fresh each time.",
    "u = ternaryPolynomial(16, random); e₀ and e₁ = gaussianPolynomial(16, 3.2, random), one each; multiplyPolynomials, addPolynomials, and reducePolynomial(…, q) at the end.",
  ],
  draw(random) {
    const secret = keyOfBothSigns(degree, random);
    const m = Array.from({ length: degree }, () => BigInt(integer(random, 10_000, 99_999)));
    for (;;) {
      const publicKey = rlweSample(secret, { q, sigma }, random, uniformUnit(degree, q, random));
      if (quotient(publicKey.b, publicKey.b, q)) return { question: { m, publicKey, q }, secret };
    }
  },
  // Twice, as what is drawn has to differ.
  ask: (encrypt, { m, publicKey: { b, a } }) =>
    [1, 2].map(() => encrypt([...m], { b: [...b], a: [...a] }, q, freshRandom)),
  judge(question, secretKey, response) {
    const [first, second] = responses("encryptByHand", response, 2).map(pairOf);
    return (
      decryptsTo(first, question.m, secretKey) ??
      decryptsTo(second, question.m, secretKey) ??
      broken(first, second, question) ??
      right("it decrypts, and five attacks on it find nothing")
    );
  },
};

function pairOf(response: unknown): Pair {
  const [c0, c1] = responses("encryptByHand", response, 2);
  return [bigints("encryptByHand: c0", c0, degree), bigints("encryptByHand: c1", c1, degree)];
}

/** What is wrong with the decryption, if anything is. */
function decryptsTo(pair: Pair, m: Polynomial, secretKey: Polynomial): Verdict | undefined {
  const large = pair.flat().find((coefficient) => 2n * coefficient > q || -2n * coefficient >= q);
  if (large !== undefined) {
    return wrong(`a coefficient is ${large}, outside of (−q/2, q/2]; reduce both polynomials modulo q`, 3);
  }
  const noiseOver = (exact: Polynomial) => noiseBeside(pair, exact, secretKey);
  const noise = noiseOver(m);
  const at = noise.findIndex((coefficient) => !isSmall(coefficient));
  if (at < 0) return undefined;
  const says = `coefficient ${at} decrypts to ${m[at] + noise[at]}, expected ${m[at]} and noise up to ${bound}`;
  if (noiseOver(m.map(() => 0n)).every(isSmall)) {
    return wrong(`${says}: it is an encryption of 0; m is not in it`, 1);
  }
  return wrong(`${says}: are b and a multiplied by the same u, and is u small?`, 2);
}

const isSmall = (coefficient: bigint) => -bound <= coefficient && coefficient <= bound;

const noiseBeside = ([c0, c1]: Pair, exact: Polynomial, secretKey: Polynomial): Polynomial =>
  reducePolynomial(subtractPolynomials(addPolynomials(c0, multiplyPolynomials(c1, secretKey)), exact), q);

/** How somebody without the secret key reads it, if anybody can. */
function broken(first: Pair, second: Pair, { m, publicKey: { b, a } }: ToEncrypt): Verdict | undefined {
  const [c0, c1] = first;
  const readable = "it decrypts, but everybody can read it: ";
  if (c1.every(isSmall)) return wrong(`${readable}c1·s is small, so c0 alone is m and a little noise`, 1);
  if (isMultiple(c1, a)) {
    return wrong(`${readable}c1 = u·a is a linear system that gives u, and c0 − u·b is m; where is e₁?`, 2);
  }
  if (isMultiple(subtractPolynomials(c0, m), b)) {
    return wrong(
      `it decrypts, but whoever guesses m sees that it is right: (c0 − m)/b is a small u; where is e₀?`,
      2,
    );
  }
  const difference = reducePolynomial(subtractPolynomials(c1, second[1]), q);
  if (difference.every(isSmall)) {
    return wrong(
      `the same u twice: two encryptions differ by a little noise, so all see that m is the same`,
      2,
    );
  }
  if (isMultiple(difference, a)) {
    return wrong(
      `the same e₁ twice: it drops out of the difference of two encryptions, which gives u − u′`,
      2,
    );
  }
  return undefined;
}

/** Whether a polynomial is the product of this factor and coefficients from −2 to 2. */
const isMultiple = (polynomial: Polynomial, factor: Polynomial): boolean =>
  quotient(polynomial, factor, q)!.every((coefficient) => -2n <= coefficient && coefficient <= 2n);
