import { workerData } from "piscina";
import { testSet } from "../../parameters-tester/test-set.js";
import type { TestedSet } from "../../parameters-tester/test-report.js";
import type { TestedPart } from "../../parameters-tester/tested-part.js";
import { nodeTools, type TestTask } from "./runners.js";

const part = workerData as TestedPart;

/** Runs one parameter set. */
export default function test({ set, debug }: TestTask): Promise<TestedSet> {
  return testSet(part, set, nodeTools, { debug });
}
