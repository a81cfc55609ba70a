import { workerData } from "piscina";
import { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import type { Ciphertext, LevelAndScale } from "../crypto/ciphertext.js";
import { operationsBetween } from "../crypto/operation-counts.js";
import { PublicContext, type EvaluationKeys } from "../crypto/public-context.js";
import type { SealEvaluator } from "../crypto/seal-evaluator.js";
import { InputError } from "../errors.js";
import { encodeStages } from "../net-builder/encode-plan.js";
import type { StageRun } from "../net-builder/stage-run.js";
import type { Plan } from "../planner/plan.js";
import { sharedCiphertext, shareCiphertext, type SharedTensor } from "./shared-tensor.js";
import { SharedTeam, TeamFailedError, type TeamMemory } from "./shared-team.js";
import type { TaskOutcome } from "./task.js";

/** What every worker is started with: all that a server may know. */
export interface PackedWorkerSetup {
  readonly plan: Plan;
  readonly keys: EvaluationKeys;
}

/** A member's part of one stage of one image. */
export interface PackedTask {
  readonly stage: number;
  readonly input: SharedTensor;
  readonly output: SharedTensor;
  readonly image: number;
  readonly rank: number;
  readonly size: number;
  readonly memory: TeamMemory;
}

class Member {
  private constructor(
    private readonly evaluator: SealEvaluator,
    private readonly stages: readonly StageRun[],
  ) {}

  static async start({ plan, keys }: PackedWorkerSetup): Promise<Member> {
    const { evaluator } = await PublicContext.load(plan.parameters, keys);
    return new Member(evaluator, encodeStages(evaluator, plan));
  }

  compute({ stage: index, input, output, image, rank, size, memory }: PackedTask): TaskOutcome {
    const run = this.stages[index];
    const team = new SharedTeam(rank, size, memory, this.evaluator);
    const before = this.evaluator.operations;
    try {
      using tensor = this.#load(run, input, image);
      run.requireInput(tensor);
      const after = this.#finish(run, tensor, team, output, image);
      return { before: run.input, after, ops: operationsBetween(before, this.evaluator.operations) };
    } catch (error) {
      team.fail();
      throw run.named(error);
    }
  }

  #load(run: StageRun, input: SharedTensor, image: number): EncryptedTensor {
    const loaded: Ciphertext[] = [];
    try {
      run.stage.input.forEach((_, i) => {
        const bytes = sharedCiphertext(input, image * run.stage.input.length + i);
        loaded.push(this.evaluator.load(bytes));
      });
      return new EncryptedTensor({ ...input, images: 1 }, loaded);
    } catch (error) {
      for (const ciphertext of loaded) ciphertext[Symbol.dispose]();
      throw error;
    }
  }

  #finish(
    run: StageRun,
    { ciphertexts }: EncryptedTensor,
    team: SharedTeam,
    output: SharedTensor,
    image: number,
  ): LevelAndScale {
    const steps = run.imageSteps(ciphertexts, team);
    let step = steps.next();
    while (!step.done) step = steps.next();
    step.value.forEach((ciphertext, i) => {
      if (!ciphertext) return;
      shareCiphertext(output, image * step.value.length + i, this.evaluator.save(ciphertext));
      ciphertext[Symbol.dispose]();
    });
    return run.output;
  }
}

type Handler = (task: PackedTask | "ready") => TaskOutcome | { readonly ready: true };

/** Resolves even when the member cannot start: the reason is the answer to whatever is asked first. */
async function start(setup: PackedWorkerSetup): Promise<Handler> {
  const member = await Member.start(setup).catch((error: unknown) => ({
    compute(): never {
      throw error;
    },
  }));
  return (task) => {
    try {
      if (task === "ready") return member instanceof Member ? { ready: true } : member.compute();
      return member.compute(task);
    } catch (error) {
      if (error instanceof TeamFailedError) return { stopped: true };
      if (error instanceof InputError) return { refused: error.message };
      throw error;
    }
  };
}

// Piscina waits for a promised handler before it gives the worker its first task.
export default start(workerData as PackedWorkerSetup);
