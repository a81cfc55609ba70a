import { InProcessExecutor } from "../service/in-process.js";
import { requireThreads, type StartExecutor } from "../service/server.js";
import { LayerExecutor } from "./layer-executor.js";
import { StageExecutor } from "./stage-executor.js";
import { TeamExecutor } from "./team-executor.js";
import type { StartWorkers } from "./workers.js";

const mostThreads = 256;
/** A third thread finds little left to do in a stage: folds and activations go one after the other. */
const usualPackedThreads = 2;
const mostPackedThreads = 16;

/**
 * Computes on worker threads: as many as are asked for, or as are usual.
 *
 * @param cores how many threads of this machine compute at the same time
 * @param loadWorkers gives what starts workers; called where there are to be any
 */
export function onThreads(cores: () => number, loadWorkers: () => Promise<StartWorkers>): StartExecutor {
  return async (content, { threads, evaluator, kinds }) => {
    const isPacked = content.packing === "packed";
    const usual = Math.min(cores(), isPacked ? usualPackedThreads : mostThreads);
    const count = threads ?? usual;
    requireThreads(count, isPacked ? mostPackedThreads : mostThreads);
    if (count === 0) return InProcessExecutor.start(content, evaluator);
    const startWorkers = await loadWorkers();
    if (content.packing === "packed" && evaluator === "kernel") {
      return TeamExecutor.start(content, count, kinds, startWorkers);
    }
    if (content.packing === "packed") {
      return StageExecutor.start(content, count, evaluator, startWorkers);
    }
    return LayerExecutor.start(content, count, { evaluator, kinds }, startWorkers);
  };
}
