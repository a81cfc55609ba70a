import { test } from "@jest/globals";
import { checkMemory } from "./kernel-runs.js";

test("1,000 runs, with refusals, give back all they took", () => checkMemory(1000));
