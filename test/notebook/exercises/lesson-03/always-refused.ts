import { expect } from "@jest/globals";
import type { Exercise } from "../../../../src/notebook/exercises/exercise.js";
import { attempt } from "../attempts.js";

/** Refused with the second hint, and why, whatever is drawn. */
export async function expectAlwaysRefused<Question, Answer, Secret, Response>(
  exercise: Exercise<Question, Answer, Secret, Response>,
  answer: unknown,
  says: RegExp,
): Promise<void> {
  for (let seed = 0; seed < 25; seed++) {
    const verdict = await attempt(exercise, answer as Answer, seed);
    expect(verdict).toMatchObject({ passed: false, hint: 2 });
    expect(verdict.says).toMatch(says);
  }
}
