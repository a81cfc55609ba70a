import type { CkksParameters } from "../../../src/he-ml/crypto/parameters.js";
import {
  adviseBy,
  type AdviceGoals,
  type AdviseOptions,
} from "../../../src/he-ml/parameters-tester/advise.js";
import type { AdviceTools } from "../../../src/he-ml/parameters-tester/verify-point.js";
import { typicalCosts } from "../../../src/he-ml/planner/search/costs.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import type { Program } from "../../../src/he-ml/program/program.js";
import type { InferenceReport } from "../../../src/he-ml/service/infer.js";
import type { Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { smallModel } from "../layers/small-model.js";

/** What a run comes to: predicted time and bytes, and an error that a test says. */
function runAs(
  errorOf: (parameters: CkksParameters) => number,
  program: Program,
  images: Tensor,
): InferenceReport {
  const { totals, bytes } = explain(program);
  const [count] = images.shape;
  const logits = { logits: [1, 0], plainLogits: [1, 0] };
  const times = program.packing === "packed" ? count : 1;
  return {
    results: Array.from({ length: count }, () => ({
      ...logits,
      milliseconds: { encrypt: 0, evaluate: times * totals.predictedMilliseconds, decrypt: 0 },
    })),
    gaps: { encrypted: { relativeToMax: errorOf(program.parameters), allowed: 0.01 } },
    bytes: { ...bytes, input: times * bytes.input },
    threads: 1,
  } as unknown as InferenceReport;
}

/** The adviser with nothing encrypted: plans are real, runs come to what was predicted. */
export function adviseWithoutRuns(
  errorOf: (parameters: CkksParameters) => number,
  goals: AdviceGoals = {},
  options: AdviseOptions = {},
) {
  const tools: AdviceTools = {
    compile: (model, given) => compile(model, { costs: typicalCosts, ...given }),
    infer: (program, images) => Promise.resolve(runAs(errorOf, program as Program, images)),
    machine: () => ({ cpu: "made up" }),
  };
  return adviseBy(tools, smallModel, goals, options);
}
