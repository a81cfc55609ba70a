import { randomUUID } from "node:crypto";
import type { Json } from "../codec.js";
import type { Verdict } from "../exercise.js";
import type { Examiner } from "../examiner.js";
import type { Reply } from "../respond.js";

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

const examiner: Examiner = {
  async examine(exercise, reply) {
    const run = randomUUID();
    send({ heMl: "ask", run, exercise: exercise.id });
    const { question } = (await received(run, "question")) as FromExaminer & { heMl: "question" };
    send({ heMl: "reply", run, reply: await reply(question) });
    return ((await received(run, "verdict")) as FromExaminer & { heMl: "verdict" }).verdict;
  },
};

/**
 * When a notebook is checked or graded: the process that started this one. `#parent-examiner` of package.json's `imports`
 * in Node.
 *
 * @returns undefined in the student's own run
 */
export function parentExaminer(): Examiner | undefined {
  return process.env[examinedVariable] !== undefined && process.send ? examiner : undefined;
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
