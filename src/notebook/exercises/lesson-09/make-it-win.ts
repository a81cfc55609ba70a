import {
  decode,
  decrypt,
  encode,
  encryptSymmetric,
  realParts,
  toyParameters,
  type Ciphertext,
  type Polynomial,
} from "../../../he-ml/toy-ckks/index.js";
import { keyOfBothSigns, same } from "../lesson-02/polynomials.js";
import { right, wrong, type Exercise, type Random, type Verdict } from "../exercise.js";
import { integer } from "../random.js";
import { bigints, responses } from "../responses.js";
import { shuffled } from "./shuffled.js";

const degree = 16;
const classes = degree / 2;
/** Logits are whole numbers up to this, and no two are the same. */
const largestLogit = 6;
const plausible = 20;
/** Many deviations of the noise of one encryption, in a slot. */
const tolerance = 0.01;
const cases = 3;

/** An answer on its way to the client: eight logits, one a slot. */
export interface Answer {
  readonly answer: Ciphertext;
  /** The class that is to win. */
  readonly chosen: number;
  /** The client asks again where a logit is larger than this, or below its negative. */
  readonly plausible: number;
}

export interface AnswerSecret {
  readonly secretKey: Polynomial;
  readonly logits: readonly number[];
}

/** Change an encrypted answer without a key, so that a chosen class wins and nothing else moves. */
export const makeItWin: Exercise<
  readonly Answer[],
  (answer: Ciphertext, chosen: number, plausible: number) => Ciphertext,
  readonly AnswerSecret[],
  readonly (readonly Polynomial[] | undefined)[]
> = {
  id: "make-it-win",
  lesson: "09",
  title: "make a chosen class win, unseen",
  points: 1,
  answer: "makeItWin",
  hints: [
    "Whatever is added to c0 is added to the plaintext. Which plaintext has a number in one slot and 0 in all others?",
    "toy.encode(values, { slots: 8, scale: answer.scale }) makes it of a list of values, and toy.addPlain adds it. All logits are within ±6, so 13 in one slot makes that one win, and 13 + 6 is still plausible.",
    "const values = [0, 0, 0, 0, 0, 0, 0, 0]; values[chosen] = 13; return toy.addPlain(answer, toy.encode(values, { slots: 8, scale: answer.scale }));",
  ],
  draw(random) {
    const drawn = Array.from({ length: cases }, () => drawCase(random));
    return { question: drawn.map(({ question }) => question), secret: drawn.map(({ secret }) => secret) };
  },
  ask: (tamper, answers) =>
    answers.map(({ answer, chosen, plausible }) => {
      const tampered = tamper(answer, chosen, plausible) as Ciphertext | undefined;
      return tampered?.polynomials;
    }),
  judge(answers, secrets, response) {
    const found = responses("makeItWin", response, cases);
    for (const [i, answer] of answers.entries()) {
      const pair = responses("makeItWin: polynomials", found[i], 2);
      const polynomials = pair.map((polynomial) => bigints("makeItWin", polynomial, degree));
      const verdict = judgeAnswer(answer, secrets[i], polynomials);
      if (verdict) return verdict;
    }
    return right(`${cases} answers changed, and their clients saw nothing`);
  },
};

function drawCase(random: Random): { question: Answer; secret: AnswerSecret } {
  const scale = 2 ** integer(random, 16, 19);
  const parameters = toyParameters({ polyModulusDegree: degree, coeffModulusBits: [30], scale });
  const all = Array.from({ length: 2 * largestLogit + 1 }, (_, i) => i - largestLogit);
  const logits = shuffled(all, random).slice(0, classes);
  const secretKey = keyOfBothSigns(degree, random);
  const answer = encryptSymmetric(encode(logits, parameters), secretKey, parameters, random);
  const winner = winnerOf(logits);
  const chosen = (winner + integer(random, 1, classes - 1)) % classes;
  return { question: { answer, chosen, plausible }, secret: { secretKey, logits } };
}

const winnerOf = (logits: readonly number[]): number => logits.indexOf(Math.max(...logits));

function judgeAnswer(
  { answer, chosen }: Answer,
  { secretKey, logits }: AnswerSecret,
  polynomials: readonly Polynomial[],
): Verdict | undefined {
  if (polynomials[1].every((coefficient) => coefficient === 0n)) {
    return wrong(
      `c1 is 0, so that everybody can read it, and SEAL refuses it as transparent: change the answer that came`,
      1,
    );
  }
  const shown = realParts(decode(decrypt({ ...answer, polynomials }, secretKey)));
  const winner = winnerOf(shown);
  const says = `class ${chosen} is to win`;
  if (same(polynomials[0], answer.polynomials[0]) && same(polynomials[1], answer.polynomials[1])) {
    return wrong(`${says}: the answer is as it came, and class ${winner} wins`, 1);
  }
  const beyond = shown.findIndex((logit) => Math.abs(logit) > plausible);
  if (beyond >= 0) {
    return wrong(
      `${says}: the client asks again, for logit ${beyond} is ${shown[beyond].toPrecision(3)}, and not within ±${plausible}: ` +
        `add less, at the scale of the answer, and within the modulus`,
      2,
    );
  }
  const moved = shown.findIndex((logit, i) => i !== chosen && Math.abs(logit - logits[i]) > tolerance);
  if (moved >= 0) {
    return wrong(
      `${says}: logit ${moved} was ${logits[moved]}, and is ${shown[moved].toFixed(2)}: ` +
        `only one slot is to change; encode a 0 for all others`,
      2,
    );
  }
  if (winner !== chosen) {
    return wrong(
      `${says}, and class ${winner} does: its logit is ${shown[winner].toFixed(2)}, that of ${chosen} only ` +
        `${shown[chosen].toFixed(2)}; add more than 12, for logits differ by so much`,
      2,
    );
  }
  return undefined;
}
