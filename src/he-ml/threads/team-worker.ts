import type { Ciphertext } from "../crypto/ciphertext.js";
import { ciphertextCount } from "../crypto/packing.js";
import { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { operationsBetween } from "../crypto/operation-counts.js";
import { PublicContext } from "../crypto/public-context.js";
import { RingTeam } from "../kernels/ring-team.js";
import { runToEnd } from "../long-work.js";
import { encodeStages } from "../program/encode-plan.js";
import type { StageRun } from "../program/stage-run.js";
import { alone } from "../program/team.js";
import type { RunProgress, RunTask, StageResult, TeamWork } from "./messages.js";
import { sharedCiphertext, shareCiphertext } from "./shared-tensor.js";
import type { OpenClient } from "./worker-clients.js";

/** A worker's part in a `TeamExecutor`. */
export async function startMember(
  { program, kinds, team, members }: TeamWork,
  tell: (progress: RunProgress) => void,
): Promise<OpenClient<RunTask, StageResult[]>> {
  const member = new RingTeam(Atomics.add(members, 0, 1), team);
  const { parameters, plan } = program;
  const context = await PublicContext.open(parameters, {
    evaluator: "kernel",
    kernel: { team: member, kinds },
  });
  const stages = encodeStages(context.evaluator, plan);
  return (keys) => {
    const own = context.withKeys(keys);
    return {
      compute: (task) => {
        member.begin();
        try {
          return { result: run(own.evaluator, stages, task, member, tell) };
        } catch (error) {
          member.fail();
          throw error;
        }
      },
      [Symbol.dispose]: () => own[Symbol.dispose](),
    };
  };
}

/** All members do the same, on the residues that they hold; the first one speaks. */
function run(
  he: Evaluator,
  stages: readonly StageRun[],
  { run, from, to, input, output, isWatched }: RunTask,
  member: RingTeam,
  tell: (progress: RunProgress) => void,
): StageResult[] {
  const results: StageResult[] = [];
  // Who is told is woken, and that may be where another member computes.
  const isSpeaking = isWatched && member.rank === 0;
  let current: Ciphertext[] = [];
  try {
    const serialised = Array.from({ length: ciphertextCount(input) }, (_, i) => sharedCiphertext(input, i));
    current = he.loadAll(serialised, stages[from].input);
    requireInput(stages[from], new EncryptedTensor(input, current));
    for (let stage = from; stage < to; stage++) {
      const [before, start] = [he.operations, performance.now()];
      const say = (done: number, result?: StageResult) => {
        member.requireGoing();
        if (isSpeaking) tell({ run, stage, done, result });
      };
      const next = compute(he, stages[stage], current, input.images, say);
      free(current);
      current = next;
      const { input: at, output: after } = stages[stage];
      const ops = operationsBetween(before, he.operations);
      const result = { before: at, after, ops, milliseconds: performance.now() - start };
      results.push(result);
      say(input.images, result);
    }
    current.forEach((ciphertext, i) => {
      const bytes = he.save(ciphertext);
      if (member.rank === 0) shareCiphertext(output, i, bytes);
    });
    return results;
  } finally {
    free(current);
  }
}

function requireInput(stage: StageRun, tensor: EncryptedTensor): void {
  try {
    stage.requireInput(tensor);
  } catch (error) {
    throw stage.named(error);
  }
}

/** One stage, image by image. */
function compute(
  he: Evaluator,
  stage: StageRun,
  input: readonly Ciphertext[],
  images: number,
  say: (done: number) => void,
): Ciphertext[] {
  const output: Ciphertext[] = [];
  const { length } = stage.stage.input;
  try {
    for (let image = 0; image < images; image++) {
      const own = input.slice(image * length, (image + 1) * length);
      output.push(...runToEnd(stage.imageSteps(he, own, alone)).map((ciphertext) => ciphertext!));
      if (image + 1 < images) say(image + 1);
    }
    return output;
  } catch (error) {
    free(output);
    throw stage.named(error);
  }
}

function free(ciphertexts: readonly Ciphertext[]): void {
  for (const ciphertext of ciphertexts) ciphertext[Symbol.dispose]();
}
