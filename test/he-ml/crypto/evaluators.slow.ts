import { describeRandomPrograms, parameterSets } from "./evaluators.js";

describeRandomPrograms(parameterSets, { seed: 20250, numRuns: 60 });
