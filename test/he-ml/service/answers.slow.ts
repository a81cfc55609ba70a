import { describeAnswers } from "./answers.js";
import { packings } from "./support.js";

describeAnswers([
  ...packings.map((packing) => [packing, 0, "seal"] as const),
  ["batch", 2, "seal"],
  ["scalar", 2, "seal"],
  ["packed", 1, "seal"],
  ["packed", 3, "seal"],
  ["packed", 2, "seal"],
  ["packed", 1, "kernel"],
  ["packed", 2, "kernel"],
  ["packed", 3, "kernel"],
]);
