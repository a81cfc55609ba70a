import { applyAutomorphism, formatPolynomial, type Polynomial } from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { bigints, responses } from "../responses.js";

/** Conjugate all slots of a polynomial, by X → X^(2N−1). */
export const conjugateSlots: Exercise<
  readonly Polynomial[],
  (polynomial: bigint[]) => Polynomial,
  null,
  readonly Polynomial[]
> = {
  id: "conjugate-slots",
  lesson: "01",
  title: "conjugate by X → X^(2N−1)",
  points: 1,
  answer: "conjugate",
  hints: [
    "Put X^(2N−1) in the place of X: X^j becomes X^((2N−1)·j). Which power below N is that, and with which sign?",
    "X^(2N) = 1, so X^(2N−1) = X^(−1), and X^(−j) = −X^(N−j), because X^N = −1. What stays where it is?",
    "Start with const result = [...m], so that coefficient 0 stays. For j from 1 to N - 1, result[N - j] = -m[j], where N = m.length.",
  ],
  draw: (random) => ({ question: [8, 8, 16].map((n) => drawPolynomial(random, n)), secret: null }),
  ask: (answer, question) => question.map((polynomial) => answer([...polynomial])),
  judge(question, _, response) {
    const conjugates = responses("conjugate", response, question.length);
    for (const [i, polynomial] of question.entries()) {
      const verdict = takenForEight(polynomial, conjugates[i]) ?? judgeConjugate(polynomial, conjugates[i]);
      if (verdict) return verdict;
    }
    return right(`${question.length} polynomials, every slot its mirror image`);
  },
};

const conjugateOf = (polynomial: Polynomial): Polynomial =>
  applyAutomorphism(polynomial, 2 * polynomial.length - 1);
const negated = (polynomial: Polynomial): Polynomial => polynomial.map((coefficient) => -coefficient);

/** Where N was taken for 8, whatever then became of the other coefficients. */
function takenForEight(polynomial: Polynomial, response: unknown): Verdict | undefined {
  const n = polynomial.length;
  if (n === 8 || !Array.isArray(response)) return undefined;
  const ofEight = conjugateOf(polynomial.slice(0, 8));
  if (!ofEight.every((coefficient, j) => response[j] === coefficient)) return undefined;
  return wrong(`this list has ${n} coefficients, not 8; use m.length for N`, 1);
}

/** What is wrong with a conjugate, if anything is. */
function judgeConjugate(polynomial: Polynomial, response: unknown): Verdict | undefined {
  const got = bigints("conjugate", response, polynomial.length);
  const expected = conjugateOf(polynomial);
  const at = got.findIndex((coefficient, j) => coefficient !== expected[j]);
  if (at < 0) return undefined;
  const [first, ...others] = expected;
  const is = (other: Polynomial) => got.every((coefficient, j) => coefficient === other[j]);
  const says =
    `${formatPolynomial(polynomial)} became ${formatPolynomial(got)}: ` +
    `coefficient ${at} is ${got[at]}, expected ${expected[at]}`;
  if (is(polynomial)) return wrong(`${says}: nothing has changed`, 1);
  const turned = [...polynomial].reverse();
  if (is(turned) || is(negated(turned))) {
    return wrong(`${says}: the list is turned round, and coefficient 0 with it; it stays in its place`, 2);
  }
  if (is(negated(polynomial)) || is([first, ...negated(polynomial).slice(1)])) {
    return wrong(`${says}: only signs have changed; coefficient j goes to N − j, but coefficient 0 stays`, 1);
  }
  if (is([first, ...negated(others)])) {
    return wrong(`${says}: the sign of X^N, which is −1, so X^(−j) = −X^(N−j)`, 2);
  }
  if (is([-first, ...others])) {
    return wrong(`${says}: the sign of coefficient 0, which does not pass X^N`, 2);
  }
  return wrong(says, 1);
}

/** Coefficients other than 0, no two of the same size. */
function drawPolynomial(random: Random, n: number): bigint[] {
  return Array.from({ length: n }, (_, j) =>
    BigInt((random() < 0.5 ? -1 : 1) * (10 * j + integer(random, 1, 9))),
  );
}
