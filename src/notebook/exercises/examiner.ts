import { randomUUID } from "node:crypto";
import type { Json } from "./codec.js";
import type { Exercise, Verdict } from "./exercise.js";
import { freshRandom } from "./random.js";
import { ask, type Reply } from "./respond.js";

/** Who draws questions and judges. */
export interface Examiner {
  /** @param reply gives the student's reply to a question */
  examine(exercise: Exercise, reply: (question: Json) => Promise<Reply>): Promise<Verdict>;
}

/** In the student's own run: this process. */
export const localExaminer: Examiner = {
  async examine(exercise, reply) {
    const asked = await ask(exercise, freshRandom);
    return asked.judge(await reply(asked.question));
  },
};

/** From the student's process: a question is wanted, or here is the reply to one. */
export type ToExaminer =
  | { readonly heMl: "ask"; readonly run: string; readonly exercise: string }
  | { readonly heMl: "reply"; readonly run: string; readonly reply: Reply };

/** To the student's process. */
export type FromExaminer =
  | { readonly heMl: "question"; readonly run: string; readonly question: Json }
  | { readonly heMl: "verdict"; readonly run: string; readonly verdict: Verdict };

/** Set where the process that started this one examines; it is asked over Node's channel between processes. */
export const examinedVariable = "HE_ML_EXAMINED";

/** When a notebook is checked or graded: the process that started this one. */
const parentExaminer: Examiner = {
  async examine(exercise, reply) {
    const run = randomUUID();
    send({ heMl: "ask", run, exercise: exercise.id });
    const { question } = (await received(run, "question")) as FromExaminer & { heMl: "question" };
    send({ heMl: "reply", run, reply: await reply(question) });
    return ((await received(run, "verdict")) as FromExaminer & { heMl: "verdict" }).verdict;
  },
};

export function examinerOfThisProcess(): Examiner {
  return process.env[examinedVariable] !== undefined && process.send ? parentExaminer : localExaminer;
}

function send(message: ToExaminer): void {
  process.send!(message);
}

function received(run: string, kind: FromExaminer["heMl"]): Promise<FromExaminer> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      const from = message as FromExaminer;
      if (from.run !== run || from.heMl !== kind) return;
      process.off("message", listen);
      resolve(from);
    };
    process.on("message", listen);
  });
}
