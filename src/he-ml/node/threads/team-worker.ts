import { workerData } from "piscina";
import type { Ciphertext } from "../../crypto/ciphertext.js";
import { EncryptedTensor } from "../../crypto/encrypted-tensor.js";
import type { Evaluator } from "../../crypto/evaluator.js";
import { operationsBetween } from "../../crypto/operation-counts.js";
import { PublicContext } from "../../crypto/public-context.js";
import { RingTeam } from "../../kernels/ring-team.js";
import { runToEnd } from "../../long-work.js";
import { encodeStages } from "../../program/encode-plan.js";
import type { StageRun } from "../../program/stage-run.js";
import { alone } from "../../program/team.js";
import type { Answer, TeamProgram, TeamTask } from "./messages.js";
import { sharedCiphertext, shareCiphertext } from "./shared-tensor.js";
import { workerFor, type OpenClient } from "./worker-clients.js";

async function start(): Promise<OpenClient<TeamTask>> {
  const { program, team, members } = workerData as TeamProgram;
  const member = new RingTeam(Atomics.add(members, 0, 1), team);
  const { parameters, plan } = program;
  const context = await PublicContext.open(parameters, { evaluator: "kernel", kernel: { team: member } });
  const stages = encodeStages(context.evaluator, plan);
  const tensors = new Map<number, Ciphertext[]>();
  return (keys) => {
    const own = context.withKeys(keys);
    return {
      compute: (task) => {
        for (const tensor of task.released) {
          for (const ciphertext of tensors.get(tensor) ?? []) ciphertext[Symbol.dispose]();
          tensors.delete(tensor);
        }
        member.begin();
        try {
          return compute(own.evaluator, task, { stages, tensors, isFirst: member.rank === 0 });
        } catch (error) {
          member.fail();
          throw error;
        }
      },
      [Symbol.dispose]: () => own[Symbol.dispose](),
    };
  };
}

interface Held {
  readonly stages: readonly StageRun[];
  /** Residues that this member holds of tensors, by their numbers. */
  readonly tensors: Map<number, Ciphertext[]>;
  readonly isFirst: boolean;
}

/** All members do the same, on the residues that they hold. */
function compute(he: Evaluator, task: TeamTask, { stages, tensors, isFirst }: Held): Answer {
  if (task.kind === "load") {
    const loaded = heldAs(tensors, task.tensor);
    const count = task.bytes.slotLayout!.length * task.bytes.images;
    for (let i = 0; i < count; i++) loaded.push(he.load(sharedCiphertext(task.bytes, i)));
    return { stopped: true };
  }
  if (task.kind === "save") {
    heldAs(tensors, task.tensor).forEach((ciphertext, i) => {
      const bytes = he.save(ciphertext);
      if (isFirst) shareCiphertext(task.bytes, i, bytes);
    });
    return { stopped: true };
  }
  const { input, image } = task;
  const run = stages[task.stage];
  const { length } = run.stage.input;
  const before = he.operations;
  try {
    const own = heldAs(tensors, input.id).slice(image * length, (image + 1) * length);
    run.requireInput(new EncryptedTensor({ ...input, images: 1 }, own));
    const finished = runToEnd(run.imageSteps(he, own, alone));
    heldAs(tensors, task.output.id).push(...finished.map((ciphertext) => ciphertext!));
    return { before: run.input, after: run.output, ops: operationsBetween(before, he.operations) };
  } catch (error) {
    throw run.named(error);
  }
}

function heldAs(tensors: Map<number, Ciphertext[]>, number: number): Ciphertext[] {
  const held = tensors.get(number) ?? [];
  tensors.set(number, held);
  return held;
}

export default workerFor(start);
