import type { LevelAndScale } from "../crypto/ciphertext.js";
import type { EncryptedTensor, SerializedTensor } from "../crypto/encrypted-tensor.js";
import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import { requireTakenIn } from "../crypto/preconditions.js";
import { PublicContext, type EvaluationKeys } from "../crypto/public-context.js";
import type { EncodedStep } from "../layers/encoded-step.js";
import { forwardInTurns } from "../layers/forward.js";
import type { RunOptions } from "../layers/run.js";
import type { LayerTrace } from "../layers/trace.js";
import { encodedStage, encodeStages } from "../program/encode-plan.js";
import { layeredSteps } from "../program/layered-steps.js";
import type { ProgramContent } from "../program/program-content.js";
import type { ClientExecutor, Executor } from "./executor.js";
import { startOf } from "./input-state.js";
import { Turns } from "./turns.js";

/** Computes in this thread, giving way to the event loop now and then. */
export class InProcessExecutor implements Executor {
  readonly threads = 0;
  /** Steps of several runs do not mix: each is timed and counted by itself. */
  readonly turns = new Turns();

  private constructor(
    private readonly context: PublicContext,
    private readonly start: LevelAndScale,
    private readonly stepsFor: (context: PublicContext) => readonly EncodedStep[],
    private readonly freeWeights: () => void,
  ) {}

  static async start(program: ProgramContent, evaluator: EvaluatorKind): Promise<InProcessExecutor> {
    const context = await PublicContext.open(program.parameters, { evaluator });
    const runs = program.packing === "packed" ? encodeStages(context.evaluator, program.plan) : [];
    const stepsFor =
      program.packing === "packed"
        ? ({ evaluator }: PublicContext) => runs.map((run) => encodedStage(evaluator, run))
        : ({ evaluator }: PublicContext) => layeredSteps(evaluator, program);
    return new InProcessExecutor(context, startOf(program), stepsFor, () =>
      runs.forEach((run) => run[Symbol.dispose]()),
    );
  }

  async open(keys: EvaluationKeys): Promise<ClientExecutor> {
    const context = this.context.withKeys(keys);
    return new InProcessClient(context, this.start, this.stepsFor(context), this.turns);
  }

  /** Waits for the step that is being computed. */
  close(): Promise<void> {
    return this.turns.take(async () => {
      this.freeWeights();
      this.context[Symbol.dispose]();
    });
  }
}

class InProcessClient implements ClientExecutor {
  constructor(
    private readonly context: PublicContext,
    private readonly start: LevelAndScale,
    private readonly steps: readonly EncodedStep[],
    private readonly turns: Turns,
  ) {}

  async *run(
    input: SerializedTensor,
    { twin, ...options }: RunOptions<SerializedTensor>,
  ): AsyncGenerator<LayerTrace, SerializedTensor> {
    const { context } = this;
    using loaded = context.load(input);
    requireTakenIn(this.start, loaded);
    const decrypt = (tensor: EncryptedTensor) => twin!.decrypt(context.save(tensor));
    const forwarded = { ...options, twin: twin && { input: twin.input, decrypt } };
    using output = yield* forwardInTurns(this.steps, loaded, forwarded, this.turns);
    return context.save(output);
  }

  close(): Promise<void> {
    return this.turns.take(async () => this.context[Symbol.dispose]());
  }
}
