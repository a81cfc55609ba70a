import { describeAnswers } from "./answers.js";

// All packings, in this thread and on workers: answers.slow.ts has every pair.
describeAnswers([
  ["packed", 2],
  ["batch", 2],
  ["scalar", 0],
]);
