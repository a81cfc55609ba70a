import { test } from "@jest/globals";
import { checkPlans } from "./golden.js";

// All others: see golden.slow.ts.
test("breast-cancer is planned as test/vectors/plans.json says", () => checkPlans(["breast-cancer"]));
