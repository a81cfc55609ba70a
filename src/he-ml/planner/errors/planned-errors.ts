import type { LevelAndScale } from "../../crypto/ciphertext.js";
import { sizeOf, type Tensor } from "../../tensor/tensor.js";
import type { Plan } from "../plan.js";
import { defaultLeftovers, type PlanStart } from "../plan-start.js";
import { bitsOf, stageStates } from "../scales/stage-state.js";
import type { StageBits } from "../scales/stage-scales.js";
import { packedSamples } from "./samples.js";
import { tryScales, type Trial } from "./simulate.js";

export interface PlannedErrorsOptions {
  /** What another plan left, where this one goes on. */
  readonly start?: Pick<PlanStart, "predictedError" | "leftovers">;
  /** Images are tried again until there are so many runs. */
  readonly leastRuns: number;
}

/**
 * A trial of a plan that is made, on images that it was not made with.
 *
 * @param images of what the plan reads, `[n, …inputShape]`
 */
export function tryPlan(plan: Plan, images: Tensor, { start, leastRuns }: PlannedErrorsOptions): Trial {
  const { parameters, evaluator, stages, input, continues } = plan;
  const layouts = [input, ...stages.map(({ output }) => output)].map((layout) =>
    layout.map((held) => Int32Array.from(held)),
  );
  const slotStages = stages.map(({ transform, activation }, i) => ({
    transform,
    activation,
    output: layouts[i + 1],
  }));
  const budget = {
    ...{ evaluator, sources: [], largestSlot: [], largestOutput: [], leftovers: [] },
    inputError: continues ? start?.predictedError : undefined,
  };
  const leftovers = continues ? (start?.leftovers ?? defaultLeftovers) : ([0, 0] as const);
  const samples = packedSamples(images, layouts[0], leftovers);
  const leastErrors = leastRuns * sizeOf(plan.outputShape);
  return tryScales({ slotStages, budget }, { parameters, bits: stageBits(plan) }, samples, leastErrors);
}

function stageBits({ parameters, stages, start }: Plan): StageBits[] {
  let input: LevelAndScale = start;
  return stages.map((stage) => {
    const states = stageStates(parameters, stage, input);
    const bits = bitsOf(input, stage.weightScaleBits, states, stage.activation);
    input = states.output;
    return bits;
  });
}
