import { Piscina } from "piscina";
import type { ParameterSet } from "../../parameters-tester/parameter-set.js";
import type { SetRunner } from "../../parameters-tester/test-parameters.js";
import type { TestedSet } from "../../parameters-tester/test-report.js";
import { testSet, type TestTools } from "../../parameters-tester/test-set.js";
import type { TestedPart } from "../../parameters-tester/tested-part.js";
import { compile } from "../compile.js";

/** What sets are tested with in Node. */
export const nodeTools: TestTools = { compile, memory: () => process.memoryUsage.rss() };

/** A set for a worker, which was started with the part to test. */
export interface TestTask {
  readonly set: ParameterSet;
  readonly debug: boolean;
}

/** Runs sets in this thread. */
export function setsHere(part: TestedPart): SetRunner {
  return {
    run: (set, options) => testSet(part, set, nodeTools, options),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Runs as many sets at a time as there are threads, each in a worker. */
export function setsOnWorkers(part: TestedPart, threads: number): SetRunner {
  const pool = new Piscina<TestTask, TestedSet>({
    filename: new URL("./worker.js", import.meta.url).href,
    workerData: part,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  });
  return {
    async run(set, { debug, signal, onStep }) {
      onStep?.("runs in a thread");
      try {
        return await pool.run({ set, debug }, { signal });
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => pool.destroy(),
  };
}
