import { availableParallelism } from "node:os";
import type { Program } from "../program/program.js";
import { InProcessExecutor } from "../service/in-process.js";
import {
  Server as ServerInThisThread,
  requireThreads,
  type ServerOptions,
  type StartExecutor,
} from "../service/server.js";

const mostThreads = 256;
/** A third thread finds little left to do in a stage: folds and activations go one after the other. */
const usualPackedThreads = 2;
const mostPackedThreads = 16;

/** A server that computes on worker threads, too. */
export class Server extends ServerInThisThread {
  /**
   * Encodes the weights, in this thread or in workers.
   *
   * @throws InputError if the number of threads is none, a weight does not fit, the evaluator asked for cannot be used, or
   *   there is no room for the keys of one client
   */
  static override start(program: Program, options: ServerOptions = {}): Promise<Server> {
    return this.startBy(onThreads, program, options);
  }
}

const onThreads: StartExecutor = async (content, { threads, evaluator }) => {
  const isPacked = content.packing === "packed";
  const usual = Math.min(availableParallelism(), isPacked ? usualPackedThreads : mostThreads);
  const count = threads ?? usual;
  requireThreads(count, isPacked ? mostPackedThreads : mostThreads);
  if (count === 0) return InProcessExecutor.start(content, evaluator);
  if (content.packing === "packed" && evaluator === "kernel") {
    const { TeamExecutor } = await import("./threads/team-executor.js");
    return TeamExecutor.start(content, count);
  }
  if (content.packing === "packed") {
    const { StageExecutor } = await import("./threads/stage-executor.js");
    return StageExecutor.start(content, count, evaluator);
  }
  const { LayerExecutor } = await import("./threads/layer-executor.js");
  return LayerExecutor.start(content, count, evaluator);
};
