import { test } from "@jest/globals";
import { checkPlans } from "./golden.js";

// The larger ones: see golden.slow.ts.
test.each(["mnist-small", "breast-cancer"])("%s is planned as test/vectors/plans.json says", (name) =>
  checkPlans([name]),
);
