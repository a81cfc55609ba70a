import { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { operationsBetween } from "../crypto/operation-counts.js";
import { PublicContext } from "../crypto/public-context.js";
import { runToEnd } from "../long-work.js";
import { encodeStages } from "../program/encode-plan.js";
import type { StageRun } from "../program/stage-run.js";
import type { Answer, StageTask, StageWork } from "./messages.js";
import { sharedCiphertext, shareCiphertext, type SharedTensor } from "./shared-tensor.js";
import { SharedTeam } from "./shared-team.js";
import type { OpenClient } from "./worker-clients.js";

/** A worker's part in a `StageExecutor`. */
export async function startStages({ program, evaluator }: StageWork): Promise<OpenClient<StageTask>> {
  const { parameters, plan } = program;
  const context = await PublicContext.open(parameters, { evaluator });
  const stages = encodeStages(context.evaluator, plan);
  return (keys) => {
    const own = context.withKeys(keys);
    return {
      compute: (task: StageTask) => compute(own.evaluator, stages[task.stage], task),
      [Symbol.dispose]: () => own[Symbol.dispose](),
    };
  };
}

function compute(
  he: Evaluator,
  run: StageRun,
  { input, output, image, rank, size, memory }: StageTask,
): Answer {
  const team = new SharedTeam(rank, size, memory, he);
  const before = he.operations;
  try {
    using tensor = load(he, run, input, image);
    run.requireInput(tensor);
    const finished = runToEnd(run.imageSteps(he, tensor.ciphertexts, team));
    finished.forEach((ciphertext, i) => {
      if (!ciphertext) return;
      using own = ciphertext;
      shareCiphertext(output, image * finished.length + i, he.save(own));
    });
    return {
      result: { before: run.input, after: run.output, ops: operationsBetween(before, he.operations) },
    };
  } catch (error) {
    team.fail();
    throw run.named(error);
  }
}

function load(
  he: Evaluator,
  { stage, input: at }: StageRun,
  input: SharedTensor,
  image: number,
): EncryptedTensor {
  const first = image * stage.input.length;
  const serialised = stage.input.map((_, i) => sharedCiphertext(input, first + i));
  return new EncryptedTensor({ ...input, images: 1 }, he.loadAll(serialised, at));
}
