import { test } from "@jest/globals";
import { checkPlans } from "./golden.js";

const models = ["lenet1", "mnist-small", "lenet1-from-tanh", "breast-cancer"];
const networks = ["lenet-6-16", "color-32", "rectangular", "dense"];

// The one test that npm run update:golden runs: it writes all plans down at once.
test(
  "committed models and bench networks are planned as test/vectors/plans.json says",
  () => checkPlans([...models, ...networks]),
  300_000,
);
