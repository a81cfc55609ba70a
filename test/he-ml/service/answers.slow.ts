import { describeAnswers } from "./answers.js";
import { packings } from "./support.js";

describeAnswers([
  ...packings.flatMap((packing) => [0, 2].map((threads) => [packing, threads] as const)),
  ["packed", 1],
  ["packed", 3],
]);
