import {
  createSecretKey,
  encode,
  encryptSeeded,
  toyParameters,
  type SeededCiphertext,
} from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { numbers, responses } from "../responses.js";

const slots = 4;
/** Eleven deviations of the noise of two ciphertexts, in a slot, at the smaller scale. */
const tolerance = 0.1;
const scales = [2 ** 10, 2 ** 14];

/** Two ciphertexts whose c1 was drawn from one seed, and the values of the first. */
export interface SameSeed {
  readonly first: SeededCiphertext;
  readonly second: SeededCiphertext;
  readonly known: readonly number[];
}

/** Read a ciphertext without a key, as its seed was used before. */
export const reusedSeed: Exercise<
  readonly SameSeed[],
  (first: SeededCiphertext, second: SeededCiphertext, known: number[]) => readonly number[],
  readonly (readonly number[])[],
  readonly (readonly number[])[]
> = {
  id: "reused-seed",
  lesson: "02",
  title: "read what a reused seed gives away",
  points: 1,
  answer: "eavesdrop",
  hints: [
    "The same seed makes the same a, so the same mask −a·s hides both. What is left when you subtract one c0 from the other?",
    "second.c0 − first.c0 is m₂ − m₁ and a little noise: a plaintext, which toy.decode reads. Its slots are differences of values.",
    "Let polynomial = toy.reducePolynomial(toy.subtractPolynomials(second.c0, first.c0), toy.product(second.coeffModulus)). Of toy.decode({ polynomial, scale: second.scale }) take toy.realParts, and add known[k] in each slot.",
  ],
  draw(random) {
    const cases = scales.map((scale) => {
      const parameters = toyParameters({ polyModulusDegree: 2 * slots, coeffModulusBits: [30], scale });
      const secretKey = createSecretKey(parameters, random);
      const known = Array.from({ length: slots }, () => integer(random, 1, 9));
      // Differences other than 0, so that no two wrong ways give the same.
      const hidden = known.map((value) => value + (random() < 0.5 ? 1 : -1) * integer(random, 10, 30));
      const seed = `c1 of ${Math.floor(random() * 2 ** 32)}`;
      const [first, second] = [known, hidden].map((values) =>
        encryptSeeded(encode(values, parameters), secretKey, parameters, random, seed),
      );
      return { sameSeed: { first, second, known }, hidden };
    });
    return { question: cases.map(({ sameSeed }) => sameSeed), secret: cases.map(({ hidden }) => hidden) };
  },
  ask: (eavesdrop, cases) => cases.map(({ first, second, known }) => eavesdrop(first, second, [...known])),
  judge(cases, hidden, response) {
    const read = responses("eavesdrop", response, cases.length);
    for (const [i, { known }] of cases.entries()) {
      const verdict = judgeValues(known, hidden[i], numbers("eavesdrop", read[i], slots));
      if (verdict) return verdict;
    }
    return right(`${cases.length} messages, read without a key`);
  },
};

function judgeValues(
  known: readonly number[],
  hidden: readonly number[],
  read: readonly number[],
): Verdict | undefined {
  const fits = (expected: readonly number[]) =>
    read.every((value, k) => Math.abs(value - expected[k]) < tolerance);
  const at = read.findIndex((value, k) => !(Math.abs(value - hidden[k]) < tolerance));
  if (at < 0) return undefined;
  const difference = `slot ${at} is ${Number(read[at].toPrecision(4))}, expected ${hidden[at]}`;
  if (fits(hidden.map((value, k) => value - known[k]))) {
    return wrong(
      `${difference}: this is the difference of the two messages; the known one is to be added`,
      2,
    );
  }
  if (fits(hidden.map((value, k) => 2 * known[k] - value))) {
    return wrong(`${difference}: the difference was taken the other way round`, 2);
  }
  return wrong(`${difference}: is the mask gone, and is the scale divided out?`, 1);
}
