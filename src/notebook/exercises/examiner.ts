import { parentExaminer } from "#parent-examiner";
import type { Json } from "./codec.js";
import type { Exercise, Verdict } from "./exercise.js";
import { freshRandom } from "./random.js";
import { ask, type Reply } from "./respond.js";

/** Who draws questions and judges. */
export interface Examiner {
  /** @param reply gives the student's reply to a question */
  examine(exercise: Exercise, reply: (question: Json) => Promise<Reply>): Promise<Verdict>;
}

/** In the student's own run: this process, or this page. */
export const localExaminer: Examiner = {
  async examine(exercise, reply) {
    const asked = await ask(exercise, freshRandom);
    return asked.judge(await reply(asked.question));
  },
};

export const examinerOfThisProcess = (): Examiner => parentExaminer() ?? localExaminer;
