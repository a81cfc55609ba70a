import { describeRandomPrograms, parameterSets } from "./evaluators.js";

describeRandomPrograms(parameterSets, { seed: 20250, numRuns: 60 });
describeRandomPrograms(parameterSets, { seed: 20250, numRuns: 60, evaluator: "kernel" });
