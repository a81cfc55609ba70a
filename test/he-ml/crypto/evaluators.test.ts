import { describeRandomPrograms, parameterSets } from "./evaluators.js";

// Many more programs, under the other chains too: see evaluators.slow.ts.
describeRandomPrograms(parameterSets.slice(0, 1), { seed: 20251, numRuns: 20 });
