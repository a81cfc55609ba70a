import {
  decrypt,
  encode,
  encryptSymmetric,
  flood,
  recoverSecretKey,
  seededRandom,
  slotDeviation,
  toyParameters,
  type Polynomial,
} from "../../../he-ml/toy-ckks/index.js";
import { keyOfBothSigns, same } from "../lesson-02/polynomials.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { numbers } from "../responses.js";

const degree = 16;
const sigma = 3.2;
const scale = 2 ** 24;
/** The largest square root of a number of answers, in bits. */
const mostRootBits = 6;
/** With six right answers to each, an old list of answers is right again once in 6⁸, which is more than a million. */
const cases = 8;

/** A result that is shown several times, each time flooded anew. */
export interface Showing {
  readonly n: number;
  /** Standard deviation of the result's noise, in a coefficient. */
  readonly sigma: number;
  readonly scale: number;
  /** How often it is shown. */
  readonly answers: number;
  /** The largest standard deviation of a shown value. */
  readonly tolerance: number;
}

/** Choose with how many bits to flood: enough for all answers, and little enough for the values. */
export const floodBits: Exercise<
  readonly Showing[],
  (showing: Showing) => number,
  { readonly seed: number },
  readonly number[]
> = {
  id: "flood-bits",
  lesson: "09",
  title: "how many bits to flood with",
  points: 2,
  answer: "floodBits",
  hints: [
    "Two limits: who takes the mean of all answers must be left with noise of σ or more, and one answer must stay within the tolerance. What does a mean of n do to noise?",
    "The mean of n answers has 2^b·σ/√n, so 2^b has to be √n at least: that is b = ½·log2(n). More costs precision and is not asked for.",
    "return Math.ceil(Math.log2(Math.sqrt(answers)));",
  ],
  draw(random) {
    const question = drawRoots(random).map((bits) => {
      // One whole number is right.
      const most = bits + integer(random, 10, 18) / 20;
      const tolerance = Number(slotDeviation(sigma * 2 ** most, degree, scale).toPrecision(3));
      return { n: degree, sigma, scale, answers: 4 ** bits, tolerance };
    });
    return { question, secret: { seed: integer(random, 0, 2 ** 30) } };
  },
  ask: (bitsFor, showings) => showings.map((showing) => bitsFor({ ...showing })),
  judge(showings, { seed }, response) {
    const chosen = numbers("floodBits", response, showings.length);
    for (const [i, showing] of showings.entries()) {
      const verdict = judgeBits(showing, chosen[i], seed + i);
      if (verdict) return verdict;
    }
    return right(`the key was not found, and all values are as precise as wanted`);
  },
};

/** Not all the same, so that no constant answer is right. */
function drawRoots(random: Random): readonly number[] {
  for (;;) {
    const roots = Array.from({ length: cases }, () => integer(random, 1, mostRootBits));
    if (new Set(roots).size > 1) return roots;
  }
}

function judgeBits({ answers, tolerance }: Showing, bits: number, seed: number): Verdict | undefined {
  const says = `${answers} answers, flooded with ${bits} bits`;
  if (!Number.isInteger(bits) || bits < 0) {
    return wrong(`${says}: expected a whole number of bits, 0 or more; round it up`, 2);
  }
  const error = slotDeviation(sigma * 2 ** bits, degree, scale);
  if (error > tolerance) {
    return wrong(
      `${says}: a shown value is off by ${error.toExponential(1)}, and ${tolerance.toExponential(1)} is allowed: ` +
        `a mean of n has √n less noise, and not n times less; do not flood with more than that takes`,
      2,
    );
  }
  const left = (sigma * 2 ** bits) / Math.sqrt(answers);
  const isFound = isKeyFound(answers, bits, seed);
  if (left >= sigma && !isFound) return undefined;
  const found = isFound ? "the key was found" : "the key is nearly there";
  return wrong(
    `${says}: ${found}: in the mean of all answers ${left.toPrecision(2)} of the noise is left, ` +
      `and ${sigma} would hide it`,
    1,
  );
}

/** Shows one ciphertext so often, takes the mean, and solves for the key. */
function isKeyFound(answers: number, bits: number, seed: number): boolean {
  const random = seededRandom(seed);
  const parameters = toyParameters({ polyModulusDegree: degree, coeffModulusBits: [30], scale });
  const secretKey = keyOfBothSigns(degree, random);
  const ciphertext = encryptSymmetric(encode([1, -1, 2], parameters), secretKey, parameters, random);
  const exact = decrypt(ciphertext, secretKey);
  const sums = new Array<number>(degree).fill(0);
  for (let answer = 0; answer < answers; answer++) {
    flood(exact, sigma * 2 ** bits, random).polynomial.forEach((coefficient, j) => {
      sums[j] += Number(coefficient);
    });
  }
  const mean: Polynomial = sums.map((sum) => BigInt(Math.round(sum / answers)));
  return same(recoverSecretKey(ciphertext, { polynomial: mean, scale }), secretKey);
}
