import {
  add,
  complex,
  decode,
  decrypt,
  encode,
  encryptSymmetric,
  multiplicationMatrix,
  plaintextOfShown,
  realParts,
  reducePolynomial,
  scalePolynomial,
  solveModulo,
  subtractPolynomials,
  toyParameters,
  type Ciphertext,
  type Complex,
  type Polynomial,
} from "../../../he-ml/toy-ckks/index.js";
import { keyOfBothSigns, quotient, same } from "../lesson-02/polynomials.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { bigints, responses } from "../responses.js";

const degree = 8;
const scales = [2 ** 10, 2 ** 16];

/** A result that a server computed, and what its client has shown of it. */
export interface Shown {
  readonly c0: Polynomial;
  readonly c1: Polynomial;
  /** The decrypted values, one a slot, with all digits. */
  readonly values: readonly Complex[];
  readonly scale: number;
  /** A prime. */
  readonly q: bigint;
}

/** Recover the secret key from a result and its decryption, as Li and Micciancio do. */
export const keyFromShown: Exercise<
  readonly Shown[],
  (shown: Shown) => Polynomial,
  readonly Polynomial[],
  readonly Polynomial[]
> = {
  id: "key-from-shown",
  lesson: "09",
  title: "the key from one shared decryption",
  points: 2,
  answer: "keyFromShown",
  hints: [
    "Of c0 + c1·s = m + e you know c0 and c1. What that was shown was made of m + e, and how does one get back from values to a polynomial?",
    "toy.encode(values, { slots: 4, scale }).polynomial is m + e, to the last unit. Then c1·s = (m + e) − c0 are 8 linear equations, as in lesson 2.",
    "Let m = toy.encode(values, { slots: 4, scale }).polynomial and right = toy.subtractPolynomials(m, c0), and return toy.reducePolynomial(toy.solveModulo(toy.multiplicationMatrix(c1), right, q), q).",
  ],
  draw(random) {
    const cases = scales.map((scale) => drawCase(scale, random));
    return { question: cases.map(({ shown }) => shown), secret: cases.map(({ secretKey }) => secretKey) };
  },
  ask: (keyOf, cases) => cases.map((shown) => keyOf(shown)),
  judge(cases, keys, response) {
    const found = responses("keyFromShown", response, cases.length);
    for (const [i, shown] of cases.entries()) {
      const verdict = judgeKey(shown, keys[i], bigints("keyFromShown", found[i], degree));
      if (verdict) return verdict;
    }
    return right(`${cases.length} keys, each from one result and its decryption`);
  },
};

/** The sum of two encryptions, by which one can divide. */
function drawCase(scale: number, random: Random): { shown: Shown; secretKey: Polynomial } {
  const parameters = toyParameters({ polyModulusDegree: degree, coeffModulusBits: [30], scale });
  const [q] = parameters.coeffModulus;
  const secretKey = keyOfBothSigns(degree, random);
  const fresh = (): Ciphertext => {
    const values = Array.from({ length: degree / 2 }, () => integer(random, 1, 9));
    return encryptSymmetric(encode(values, parameters), secretKey, parameters, random);
  };
  for (;;) {
    const result = add(fresh(), fresh());
    const [c0, c1] = result.polynomials;
    if (!quotient(c1, c1, q)) continue;
    const values = decode(decrypt(result, secretKey));
    return { shown: { c0, c1, values, scale, q }, secretKey };
  }
}

function judgeKey(shown: Shown, key: Polynomial, found: Polynomial): Verdict | undefined {
  const { c0, c1, values, scale, q } = shown;
  if (same(found, key)) return undefined;
  const difference = `scale ${scale}: the key is [${key.join(", ")}], and not [${found.join(", ")}]`;
  const centred = reducePolynomial(found, q);
  if (same(centred, key)) {
    return wrong(`the same modulo q, but not between −q/2 and q/2; toy.reducePolynomial does that`, 2);
  }
  if (same(centred, scalePolynomial(key, -1n))) {
    return wrong(`all signs are turned around; c0 has to change sides, not m`, 2);
  }
  const from = (m: Polynomial) =>
    same(centred, reducePolynomial(solveModulo(multiplicationMatrix(c1), subtractPolynomials(m, c0), q), q));
  const encoded = (shownValues: readonly (number | Complex)[], by: number) =>
    plaintextOfShown(shownValues, by).polynomial;
  if (from(encoded(values, 1))) {
    return wrong(`${difference}: the values were not multiplied by the scale; encode them at it`, 2);
  }
  if (from(encoded(realParts(values), scale))) {
    return wrong(`${difference}: the imaginary parts were left out, and half of the noise is in them`, 2);
  }
  const whole = values.map(({ re }) => complex(Math.round(re)));
  if (from(encoded(whole, scale))) {
    return wrong(`${difference}: the values were rounded, and their last digits are the noise`, 1);
  }
  if (from(c0.map(() => 0n))) {
    return wrong(`${difference}: the values are left out; c1·s is −c0 only where nothing is encrypted`, 1);
  }
  return wrong(difference, 1);
}
