import { applyAutomorphism, evaluateAtSlots, formatPolynomial } from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { bigints, responses } from "../responses.js";
import { complexText, conjugateOf } from "./complex-values.js";

type Polynomial = readonly bigint[];

/** Conjugate all slots of a polynomial, by X → X^(2N−1). */
export const conjugateSlots: Exercise<
  readonly Polynomial[],
  (polynomial: bigint[]) => bigint[],
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
    "Coefficient 0 stays. For j from 1 to N − 1, result[N − j] = −polynomial[j].",
  ],
  draw: (random) => ({ question: [8, 8, 16].map((n) => drawPolynomial(random, n)), secret: null }),
  ask: (answer, question) => question.map((polynomial) => answer([...polynomial])),
  judge(question, _, response) {
    const conjugates = responses("conjugate", response, question.length);
    for (const [i, polynomial] of question.entries()) {
      const got = bigints("conjugate", conjugates[i], polynomial.length);
      const verdict = judgeConjugate(polynomial, got);
      if (verdict) return verdict;
    }
    return right(`${question.length} polynomials, every slot its mirror image`);
  },
};

/** What is wrong with a conjugate, if anything is. */
function judgeConjugate(polynomial: Polynomial, got: Polynomial): Verdict | undefined {
  const n = polynomial.length;
  const expected = applyAutomorphism(polynomial, 2 * n - 1);
  const is = (other: Polynomial) => got.every((coefficient, j) => coefficient === other[j]);
  if (is(expected)) return undefined;
  const [value] = evaluateAtSlots(got);
  const [before] = evaluateAtSlots(polynomial);
  const says =
    `${formatPolynomial(polynomial)} became ${formatPolynomial(got)}: slot 0 is ${complexText(value)}, ` +
    `expected ${complexText(conjugateOf(before))}`;
  if (is(polynomial)) return wrong(`${says}: nothing has changed`, 1);
  if (is([...polynomial].reverse())) {
    return wrong(`${says}: the list is turned round, and coefficient 0 with it; it stays in its place`, 2);
  }
  if (is([expected[0], ...expected.slice(1).map((coefficient) => -coefficient)])) {
    return wrong(`${says}: the sign of X^N, which is −1, so X^(−j) = −X^(N−j)`, 2);
  }
  if (is([-expected[0], ...expected.slice(1)])) {
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
