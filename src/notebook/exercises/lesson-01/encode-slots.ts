import { decode, interpolateSlots, type Complex, type Polynomial } from "../../../he-ml/toy-ckks/index.js";
import { right, wrong, type Exercise, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { bigints, responses } from "../responses.js";
import { complexText, conjugateOf, distance, drawComplex } from "./complex-values.js";

const degree = 8;
/** What floating point may add to an exact half. */
const slack = 1e-6;

export interface ToEncode {
  readonly values: readonly Complex[];
  readonly scale: number;
}

/** Encode four complex numbers, off by no more than rounding must be. */
export const encodeSlots: Exercise<
  readonly ToEncode[],
  (values: Complex[], scale: number) => Polynomial,
  null,
  readonly Polynomial[]
> = {
  id: "encode-slots",
  lesson: "01",
  title: "encode within the bound of rounding",
  points: 2,
  answer: "encode",
  hints: [
    "Encoding goes backwards: coefficient j is 2/N times the real part of Σ zₖ·ζ^(−eₖ·j), times the scale, rounded to the nearest whole number.",
    "The real part of (re + im·i)·ζ^(−e·j) is re·cos(π·e·j/8) + im·sin(π·e·j/8). Sum it over the four slots, and multiply by 2/8 and by the scale.",
    "Write BigInt(Math.round((scale * 2 / 8) * sum)) for each j: Math.round, for Math.trunc and Math.floor are off by up to 1 and not ½.",
  ],
  draw: (random) => ({
    question: [4, 8, 12].map((least) => ({
      values: drawComplex(random, degree / 2),
      scale: 2 ** integer(random, least, least + 2),
    })),
    secret: null,
  }),
  ask: (answer, question) =>
    question.map(({ values, scale }) =>
      answer(
        values.map((value) => ({ ...value })),
        scale,
      ),
    ),
  judge(question, _, response) {
    const encoded = responses("encode", response, question.length);
    for (const [i, asked] of question.entries()) {
      const verdict = judgePolynomial(asked, bigints("encode", encoded[i], degree));
      if (verdict) return verdict;
    }
    return right(`${question.length} polynomials, each coefficient within ½`);
  },
};

/** What is wrong with a polynomial, if anything is. */
function judgePolynomial({ values, scale }: ToEncode, got: Polynomial): Verdict | undefined {
  const exact = coefficients(values, scale);
  const is = (other: readonly number[], within: number) =>
    got.every((coefficient, j) => Math.abs(Number(coefficient) - other[j]) <= within + slack);
  if (is(exact, 0.5)) return undefined;
  const decoded = decode({ polynomial: got, scale });
  const errors = decoded.map((value, slot) => distance(value, values[slot]));
  const slot = errors.indexOf(Math.max(...errors));
  const says =
    `at scale ${scale}, slot ${slot} decodes to ${complexText(decoded[slot])}, expected ${complexText(values[slot])}` +
    ` within ${(degree / 2 / scale).toPrecision(2)}`;
  if (is(exact, 1)) {
    const j = got.findIndex((coefficient, k) => Math.abs(Number(coefficient) - exact[k]) > 0.5 + slack);
    return wrong(
      `coefficient ${j} is ${got[j]}, and ${exact[j].toFixed(3)} is to be rounded to the nearest; cutting off doubles the error`,
      2,
    );
  }
  if (isScaledLate(values, scale, got)) {
    return wrong(`${says}: rounded before it was multiplied by the scale; multiply first, then round`, 1);
  }
  if (is(coefficients(values, 1), 0.5)) return wrong(`${says}: the scale is missing`, 1);
  if (is(coefficients(values, (scale * degree) / 2), 0.5)) {
    return wrong(`${says}: ${degree / 2} times too large, for the factor 2/N is missing`, 2);
  }
  if (is(coefficients(values, scale / 2), 0.5)) {
    return wrong(`${says}: half as large; the conjugate slots count, too, so it is 2/N and not 1/N`, 2);
  }
  if (is(coefficients(values.map(conjugateOf), scale), 0.5)) {
    return wrong(`${says}: the conjugate, for ζ^(e·j) stands where ζ^(−e·j) should`, 2);
  }
  if (is(coefficients(values.map(realOnly), scale), 0.5)) {
    return wrong(`${says}: the imaginary parts are lost`, 2);
  }
  return wrong(says, 1);
}

/** Whether coefficients were rounded, with 2/N or before it, and multiplied by the scale then. */
const isScaledLate = (values: readonly Complex[], scale: number, got: Polynomial): boolean =>
  [1, degree / 2].some((factor) =>
    coefficients(values, factor).every(
      (value, j) => Number(got[j]) === Math.round((Math.round(value) * scale) / factor),
    ),
  );

const realOnly = ({ re }: Complex): Complex => ({ re, im: 0 });

/** Before rounding. */
const coefficients = (values: readonly Complex[], scale: number): number[] =>
  interpolateSlots(values).map((coefficient) => coefficient * scale);
