import * as z from "zod";
import { InputError } from "../../../he-ml/errors.js";
import { checkParameters, mostPrimeBits, type CkksParameters } from "../../../he-ml/crypto/parameters.js";
import {
  securityTable,
  type SecurityLevel,
  type SecurityTableName,
} from "../../../he-ml/crypto/security-tables.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { responses, shown } from "../responses.js";
import { measuredSquares, predictedSquares } from "./squares.js";

/** x^(2^squares), by so many squares, each relinearized and rescaled once. */
export interface SquaresNeeds {
  readonly squares: number;
  /** Inputs lie between this and its negative. */
  readonly largest: number;
  /** The typical error (rms) that the result may have, as a share of the largest result. */
  readonly error: number;
  readonly security: SecurityLevel;
  readonly securityTable: SecurityTableName;
}

const choiceSchema = z.strictObject({
  polyModulusDegree: z.number(),
  coeffModulusBits: z.array(z.number()).min(2).max(100),
  scaleBits: z.number(),
});
type Choice = z.infer<typeof choiceSchema>;

/** Name N, a chain and a scale for a circuit, an error and a level of security. */
export const chooseParameters: Exercise<
  readonly SquaresNeeds[],
  (needs: SquaresNeeds) => { polyModulusDegree: number; coeffModulusBits: number[]; scaleBits: number },
  null,
  readonly Choice[]
> = {
  id: "choose-parameters",
  lesson: "08",
  title: "the smallest ring that carries a circuit",
  points: 3,
  answer: "chooseParameters",
  hints: [
    "N is not known before the scale, and the scale not before N. Try one N after the other, the smallest first: what do scale and chain have to be there, and does the table allow so many bits?",
    "At a given N: scaleBits from 2^squares · N/6 / error, rounded up; the first prime has room for largest^(2^squares) and its sign above that; one prime of scaleBits for each square; the special prime as large as the first.",
    "Loop over Object.keys(limits).map(Number) with limits = securityTable(security, name). There scaleBits = Math.ceil(Math.log2(2 ** squares * N / 6 / error)), " +
      "first = scaleBits + Math.ceil(2 ** squares * Math.log2(largest)) + 1, and the chain [first, …squares times scaleBits, first]. Return the first N whose limit is not below the sum.",
  ],
  draw: (random) => ({ question: drawNeeds(random), secret: null }),
  ask: (answer, question) => question.map((needs) => answer({ ...needs })),
  async judge(question, _, response) {
    const choices = responses("chooseParameters", response, question.length);
    const checked = choices.map(choiceOf);
    for (const [i, needs] of question.entries()) {
      const verdict = judgeChoice(needs, checked[i]);
      if (verdict) return named(needs, verdict);
    }
    const measured: number[] = [];
    for (const [i, needs] of question.entries()) {
      const error = await measuredSquares(parametersOf(needs, checked[i]), needs);
      if (error > needs.error) return named(needs, tooLarge(needs, error, "measured"));
      measured.push(error);
    }
    const errors = measured.map((error) => error.toExponential(1)).join(", ");
    return right(`${question.length} circuits on real ciphertexts, with errors of ${errors}`);
  },
};

function choiceOf(response: unknown): Choice {
  const parsed = choiceSchema.safeParse(response);
  if (parsed.success) return parsed.data;
  throw new InputError(
    `chooseParameters: expected { polyModulusDegree, coeffModulusBits, scaleBits }, got ${shown(response)}; return all three`,
  );
}

function named(needs: SquaresNeeds, verdict: Verdict): Verdict {
  const { squares, largest, error, security, securityTable: name } = needs;
  const power = 2 ** squares;
  return {
    ...verdict,
    says: `x^${power} for x up to ${largest}, error ${error}, ${security} bits by the table of ${name}: ${verdict.says}`,
  };
}

const parametersOf = ({ security, securityTable: name }: SquaresNeeds, choice: Choice): CkksParameters =>
  checkParameters({ ...choice, security, securityTable: name });

function judgeChoice(needs: SquaresNeeds, choice: Choice): Verdict | undefined {
  const beyond = beyondTable(needs, choice);
  if (beyond) return beyond;
  const data = choice.coeffModulusBits.slice(0, -1);
  const special = choice.coeffModulusBits.at(-1)!;
  const spare = data.length - 1 - needs.squares;
  if (spare < 0) {
    return wrong(
      `too few levels: ${needs.squares} squares need ${needs.squares + 1} data primes, as the first one stays, and there are ${data.length}` +
        `; the last of the chain is special, and no rescale divides by it`,
      2,
    );
  }
  if (spare > 0) {
    return wrong(`it runs, but with too many levels: ${spare} of ${data.length} data primes too many`, 2);
  }
  const most = Math.max(...data);
  if (special < most) {
    return wrong(`the special prime has ${special} bits, fewer than the largest other, of ${most}`, 2);
  }
  return judgeRun(needs, choice) ?? largerThanNeeded(needs, choice);
}

/** More bits than the table allows there. */
function beyondTable(
  needs: SquaresNeeds,
  { polyModulusDegree, coeffModulusBits }: Choice,
): Verdict | undefined {
  const total = sum(coeffModulusBits);
  const most = securityTable(needs.security, needs.securityTable)[polyModulusDegree];
  if (most === undefined || total <= most) return undefined;
  const says = `${total} bits at N = ${polyModulusDegree}, and ${most} are allowed there`;
  if (total > securityTable()[polyModulusDegree]) return wrong(says, 2);
  return wrong(
    `${says}: the usual table, of 2018 for 128 bits, would do, but is not the one that is asked for`,
    2,
  );
}

function judgeRun(needs: SquaresNeeds, choice: Choice): Verdict | undefined {
  const parameters = parametersOf(needs, choice);
  const predicted = predictedSquares(parameters, needs);
  if (typeof predicted === "string") return wrong(`it does not run: ${predicted}`, 2);
  return predicted > needs.error ? tooLarge(needs, predicted, "predicted") : undefined;
}

const tooLarge = ({ error }: SquaresNeeds, found: number, how: string) =>
  wrong(
    `it runs, but not precisely enough: an error of ${found.toExponential(1)} is ${how}, and ${error} is asked for; the scale is too small`,
    2,
  );

function largerThanNeeded(needs: SquaresNeeds, { polyModulusDegree }: Choice): Verdict | undefined {
  const { degree, total } = smallest(needs)!;
  if (polyModulusDegree <= degree) return undefined;
  const most = securityTable(needs.security, needs.securityTable)[degree];
  return wrong(
    `it runs, but N = ${polyModulusDegree} is larger than needed: ${total} bits would do, and ${most} are allowed at ${degree}`,
    2,
  );
}

/**
 * The least N that carries a circuit, by the rule of the lesson.
 *
 * @param spareBits that scale and primes are to have more than the rule says
 * @returns undefined where no N does, or the first prime would have more bits than a prime may have
 */
function smallest(
  { squares, largest, error, security, securityTable: name }: SquaresNeeds,
  spareBits = 0,
): { readonly degree: number; readonly total: number } | undefined {
  const limits = securityTable(security, name);
  const room = Math.ceil(2 ** squares * Math.log2(largest)) + 1;
  for (const degree of Object.keys(limits).map(Number)) {
    const scaleBits = Math.ceil(Math.log2((2 ** squares * degree) / 6 / error)) + spareBits;
    if (scaleBits + room > mostPrimeBits) return undefined;
    const total = 2 * (scaleBits + room) + squares * scaleBits;
    if (total <= limits[degree]) return { degree, total };
  }
  return undefined;
}

const sum = (bits: readonly number[]) => bits.reduce((all, one) => all + one, 0);

/** Of different N; for one of them the table of 128 bits would allow a smaller one. None changes with two bits more of scale. */
function drawNeeds(random: Random): SquaresNeeds[] {
  const kinds = [
    { squares: [2, 3], digits: [5, 7], security: 128, securityTable: "2018", degree: 8192 },
    { squares: [4, 4], digits: [6, 9], security: 128, securityTable: "2024", degree: 16384 },
    { squares: [2, 2], digits: [8, 9], security: 192, securityTable: "2018", degree: 16384 },
  ] as const;
  return kinds.map(({ squares, digits, degree, ...asked }) => {
    for (;;) {
      const needs: SquaresNeeds = {
        squares: integer(random, squares[0], squares[1]),
        largest: integer(random, 12, 19) / 10,
        error: Number(`${[1, 2, 5][integer(random, 0, 2)]}e-${integer(random, digits[0], digits[1])}`),
        ...asked,
      };
      if (smallest(needs)?.degree === degree && smallest(needs, 2)?.degree === degree) return needs;
    }
  });
}
