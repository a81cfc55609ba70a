import type { Random } from "../../he-ml/toy-ckks/index.js";

export type { Random };

/** What an answer took, by what is counted: `{ rotate: 10, levels: 1 }`. */
export type Cost = Readonly<Partial<Record<string, number>>>;

/** What a judge says of one response. */
export interface Verdict {
  readonly passed: boolean;
  /** What is wrong, or what passed, in one line. */
  readonly says: string;
  /**
   * The weakest hint that helps here, from 1 to 3; none where it passed, or where nothing could be judged. A first try is
   * shown the second at most.
   */
  readonly hint?: 1 | 2 | 3;
  /** Nothing was tried yet: the answer is still the stub. */
  readonly untouched?: boolean;
  readonly cost?: Cost;
}

/**
 * One exercise. The student's process calls `ask`, whoever judges calls `draw` and `judge`; questions and responses travel
 * between the two as JSON (`codec.ts`).
 *
 * @typeParam Answer what the student writes: mostly a function
 */
export interface Exercise<Question = unknown, Answer = unknown, Secret = unknown, Response = unknown> {
  /** In kebab case. */
  readonly id: string;
  /** The number of the lesson, as its file's name begins: `01`. */
  readonly lesson: string;
  readonly title: string;
  readonly points: number;
  /** What the notebook calls the answer: its check is `await check.multiplyMod(multiply)`. */
  readonly answer: string;
  /** Of rising strength. */
  readonly hints: readonly [string, string, string];
  /** The most of each that an answer may take; what it takes is counted by who judges. */
  readonly budget?: Cost;
  /** What a good answer takes, for the golf table: first what matters most. */
  readonly par?: Cost;
  /** A fresh case: what the student's process gets, and what it does not. */
  draw(random: Random): Drawn<Question, Secret> | Promise<Drawn<Question, Secret>>;
  /** Gets the response of the student's answer. */
  ask(answer: Answer, question: Question): Response | Promise<Response>;
  /**
   * @param response whatever came: it may be anything that JSON can hold
   * @throws InputError for a response of another shape, which is a verdict too
   */
  judge(question: Question, secret: Secret, response: unknown): Verdict | Promise<Verdict>;
}

export interface Drawn<Question, Secret> {
  readonly question: Question;
  readonly secret: Secret;
}

export function right(says: string, cost?: Cost): Verdict {
  return cost === undefined ? { passed: true, says } : { passed: true, says, cost };
}

export function wrong(says: string, hint: 1 | 2 | 3): Verdict {
  return { passed: false, says, hint };
}

/** Nothing could be judged, for this reason. */
export function unjudged(says: string): Verdict {
  return { passed: false, says };
}

/** The last hint gives the answer away: no verdict brings it on, only another try does. */
const mostAtOnce = 2;

/**
 * How many hints are due, from 1 to 3.
 *
 * @param tried how many were due by the tries before, 0 at the first
 */
export const dueHints = ({ hint = 1 }: Verdict, tried: number): number =>
  Math.min(3, Math.max(Math.min(hint, mostAtOnce), tried));

/** The hint that helps with what a verdict says, as far as one may be shown at a first try. */
export const hintOf = ({ hints }: Exercise, verdict: Verdict): { number: number; text: string } => {
  const number = dueHints(verdict, 0);
  return { number, text: hints[number - 1] };
};

const stubMessage = "Your turn";

/** What the body of an exercise says before the student has written one. */
export const stubStatement = (title: string): string =>
  `throw new Error(${JSON.stringify(`${stubMessage}: ${title}`)});`;

export const isStubMessage = (message: string): boolean => message.startsWith(stubMessage);
