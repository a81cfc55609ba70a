import {
  addPolynomials,
  applyAutomorphism,
  createGaloisKey,
  multiplyPolynomials,
  predictedNoiseKeySwitch,
  reducePolynomial,
  rlweSample,
  subtractPolynomials,
  switchKey,
  toyParameters,
  type KeySwitchKey,
  type Polynomial,
} from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { bigints, responses } from "../responses.js";
import { keyOfBothSigns, same } from "../lesson-02/polynomials.js";
import { lessonQ, reducedByLessonQ } from "./lesson-cells.js";

const element = 5;
const q = 1073741789n;
const gadget = { base: 64n };
const parametersOf = (n: number) => toyParameters({ polyModulusDegree: n, coeffModulus: [q], scale: 1 });
/** Twelve deviations, those of the fresh noise included: no honest noise is larger. */
const boundOf = (n: number) =>
  BigInt(Math.round(12 * Math.hypot(3.2, predictedNoiseKeySwitch(parametersOf(n), gadget, 1))));

/** A ciphertext, and the key that switches from s(X^5) to s. */
export interface ToMap {
  readonly c0: Polynomial;
  readonly c1: Polynomial;
  readonly q: bigint;
  readonly key: KeySwitchKey;
}

/** What decides. */
export interface Hidden {
  readonly m: Polynomial;
  readonly secretKey: Polynomial;
}

/** Put X^5 in the place of X in what is encrypted, and come back under the key s. */
export const automorphism: Exercise<
  readonly ToMap[],
  (toMap: { c0: bigint[]; c1: bigint[]; q: bigint; key: KeySwitchKey }) => readonly [Polynomial, Polynomial],
  readonly Hidden[],
  readonly unknown[]
> = {
  id: "automorphism",
  lesson: "03",
  title: "X → X⁵ with its key switch",
  points: 3,
  answer: "automorphism",
  hints: [
    "c0 + c1·s = m holds for polynomials in X. Put X⁵ in the place of X everywhere: which key does the pair that you get decrypt under?",
    "c0(X⁵) + c1(X⁵)·s(X⁵) = m(X⁵). The first term needs no key. For the second, toy.switchKey(c1(X⁵), [q], key) gives two polynomials k0 + k1·s.",
    "const [k0, k1] = toy.switchKey(toy.applyAutomorphism(c1, 5), [q], key); return [toy.reducePolynomial(toy.addPolynomials(toy.applyAutomorphism(c0, 5), k0), q), k1];",
  ],
  draw(random) {
    const cases = [8, 16].map((n) => drawCase(n, random));
    return { question: cases.map(({ toMap }) => toMap), secret: cases.map(({ hidden }) => hidden) };
  },
  ask: (answer, question) =>
    question.map(({ c0, c1, q, key }) => answer({ c0: [...c0], c1: [...c1], q, key })),
  judge(question, secret, response) {
    const mapped = responses("automorphism", response, question.length);
    for (const [i, toMap] of question.entries()) {
      const verdict = judgePair(toMap, secret[i], mapped[i]);
      if (verdict) return verdict;
    }
    return right(`${question.length} ciphertexts decrypt to m(X⁵), under the key that they had before`);
  },
};

function drawCase(n: number, random: Random): { toMap: ToMap; hidden: Hidden } {
  const parameters = parametersOf(n);
  const secretKey = keyOfBothSigns(n, random);
  const m = Array.from({ length: n }, () => (random() < 0.5 ? 1n : -1n) * BigInt(integer(random, 1e6, 9e6)));
  const { b, a } = rlweSample(secretKey, { q, sigma: parameters.sigma }, random);
  const key = createGaloisKey(element, parameters, secretKey, random, gadget);
  const { pairs, coeffModulus, specialPrime } = key;
  return {
    toMap: {
      c0: reducePolynomial(addPolynomials(b, m), q),
      c1: a,
      q,
      key: { gadget, pairs, coeffModulus, specialPrime },
    },
    hidden: { m, secretKey },
  };
}

/** What is wrong with a pair, if anything is. */
function judgePair(toMap: ToMap, { m, secretKey }: Hidden, response: unknown): Verdict | undefined {
  const n = m.length;
  const bound = boundOf(n);
  const pair = responses(`automorphism: N = ${n}`, response, 2).map((one, i) =>
    bigints(`automorphism: N = ${n}: c${i}`, one, n),
  );
  const under = (key: Polynomial) => decrypted(pair, key);
  const isNear = (a: Polynomial, b: Polynomial) =>
    reducePolynomial(subtractPolynomials(a, b), q).every((noise) => -bound <= noise && noise <= bound);
  const expected = applyAutomorphism(m, element);
  const got = under(secretKey);
  if (isNear(got, expected)) return undefined;
  const at = got.findIndex((one, j) => !isNear([one], [expected[j]]));
  const says = `N = ${n}: coefficient ${at} decrypts to ${got[at]}, expected ${expected[at]} and noise up to ${bound}`;
  const moved = applyAutomorphism(secretKey, element);
  if (isNear(under(moved), expected)) {
    return wrong(`${says}: it decrypts to m(X⁵), but under s(X⁵); the key switch is still to come`, 1);
  }
  if (isNear(got, m)) return wrong(`${says}: that is m, and nothing has changed`, 1);
  const c0Moved = applyAutomorphism(toMap.c0, element);
  if (isNear(got, subtractPolynomials(expected, c0Moved))) {
    return wrong(`${says}: c0(X⁵) is missing; k0 is to be added to it`, 2);
  }
  if (isNear(got, addPolynomials(subtractPolynomials(expected, c0Moved), toMap.c0))) {
    return wrong(`${says}: X⁵ was put into c1 alone, and c0 is as it was`, 2);
  }
  const c1Moved = applyAutomorphism(toMap.c1, element);
  if (isNear(got, addPolynomials(expected, multiplyPolynomials(c1Moved, secretKey)))) {
    return wrong(`${says}: c1(X⁵) is still in the second polynomial, where k1 takes its place`, 2);
  }
  const isCongruent = (a: Polynomial, b: Polynomial, modulus: bigint) =>
    same(reducePolynomial(a, modulus), reducePolynomial(b, modulus));
  const [k0, k1] = switchKey(c1Moved, [q], toMap.key);
  const sum = addPolynomials(c0Moved, k0);
  const isByLessonQ = (one: Polynomial, whole: Polynomial) =>
    [whole, reducePolynomial(whole, q)].some((other) => isCongruent(one, other, lessonQ));
  if (isByLessonQ(pair[0], sum) && (isCongruent(pair[1], k1, q) || isByLessonQ(pair[1], k1))) {
    return wrong(`${says}: ${reducedByLessonQ}`, 2);
  }
  const isSwitched = (c0: Polynomial) => {
    const [l0, l1] = switchKey(c0, [q], toMap.key);
    return (
      [l0, addPolynomials(l0, k0), addPolynomials(l0, sum)].some((one) => isCongruent(pair[0], one, q)) ||
      [l1, addPolynomials(l1, k1)].some((one) => isCongruent(pair[1], one, q))
    );
  };
  if ([c0Moved, toMap.c0].some(isSwitched)) {
    return wrong(`${says}: both polynomials were switched, and c0(X⁵) needs no key: k0 is added to it`, 2);
  }
  const early = switchKey(toMap.c1, [q], toMap.key)[1];
  if ([early, applyAutomorphism(early, element)].some((one) => same(pair[1], one))) {
    return wrong(`${says}: c1 was switched as it was, and the key switches from s(X⁵): put X⁵ in first`, 2);
  }
  return wrong(says, 1);
}

const decrypted = ([c0, c1]: readonly Polynomial[], key: Polynomial): Polynomial =>
  reducePolynomial(addPolynomials(c0, multiplyPolynomials(c1, key)), q);
