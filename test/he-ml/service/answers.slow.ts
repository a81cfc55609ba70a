import { describeAnswers } from "./answers.js";
import { packings } from "./support.js";

describeAnswers([
  ...packings.map((packing) => [packing, 0] as const),
  ["batch", 2],
  ["scalar", 2],
  ["packed", 1],
  ["packed", 3],
]);
