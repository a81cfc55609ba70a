import { test } from "@jest/globals";
import { checkPlans } from "./golden.js";

// Two that take longer, and are like lenet1: see golden.slow.ts.
test.each(["lenet1", "mnist-small", "breast-cancer", "color-32", "rectangular", "dense"])(
  "%s is planned as test/vectors/plans.json says",
  (name) => checkPlans([name]),
);
