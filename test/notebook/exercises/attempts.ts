import { expect } from "@jest/globals";
import { seededRandom } from "../../../src/he-ml/toy-ckks/index.js";
import type { Exercise, Verdict } from "../../../src/notebook/exercises/exercise.js";
import { ask, replyTo, type Reply } from "../../../src/notebook/exercises/respond.js";

/** What the judge says of an answer; replies travel as JSON, as between processes. */
export async function attempt<Question, Answer, Secret, Response>(
  exercise: Exercise<Question, Answer, Secret, Response>,
  answer: Answer,
  seed = 1,
): Promise<Verdict> {
  const any = exercise as unknown as Exercise;
  const asked = await ask(any, seededRandom(seed));
  return asked.judge(travelled(await replyTo(any, answer, travelled(asked.question))));
}

/**
 * What the judge says of answers to other questions than those that were asked: as where a student prints what the last
 * run expected.
 */
export async function replayAttempt<Question, Answer, Secret, Response>(
  exercise: Exercise<Question, Answer, Secret, Response>,
  answer: Answer,
): Promise<Verdict> {
  const any = exercise as unknown as Exercise;
  const first = await ask(any, seededRandom(1));
  const old: Reply = await replyTo(any, answer, first.question);
  const second = await ask(any, seededRandom(2));
  return second.judge(travelled(old));
}

/** Refused, and why. */
export async function expectRefused<Question, Answer, Secret, Response>(
  exercise: Exercise<Question, Answer, Secret, Response>,
  answer: unknown,
  says: RegExp,
): Promise<void> {
  const verdict = await attempt(exercise, answer as Answer);
  expect(verdict.says).toMatch(says);
  expect(verdict.passed).toBe(false);
}

/**
 * Untouched: refused by name, with the first hint due.
 *
 * @param answerOf what is checked, where it is not the function itself
 */
export async function expectUntouchedRefused<Question, Answer, Secret, Response>(
  exercise: Exercise<Question, Answer, Secret, Response>,
  answerOf: (stub: () => undefined) => unknown = (stub) => stub,
): Promise<void> {
  const stub = () => {
    throw new Error(`Your turn: ${exercise.title}`);
  };
  for (const answer of [stub, () => undefined]) {
    expect(await attempt(exercise, answerOf(answer) as Answer)).toEqual({
      passed: false,
      says: `${exercise.answer} is still to be written`,
      hint: 1,
      untouched: true,
    });
  }
}

const travelled = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
