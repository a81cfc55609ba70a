import { InputError } from "../../../errors.js";
import type { Task, TaskResult } from "../engine-types.js";
import { resultToBytes } from "../task-result-bytes.js";
import type { WorkerLimits } from "../worker-messages.js";
import { compileTask } from "./compile-task.js";
import { layersTask } from "./layers-task.js";
import { LoadedPrograms } from "./loaded-programs.js";
import { Parent, type OpenChannel } from "./parent.js";
import { runTask } from "./run-task.js";

/** How often memory is reported where a parent cannot see it; in the midst of a step it is not. */
const reportMilliseconds = 200;

/** Does what the parent says, one task at a time, until the parent is gone. */
export function doTasks(open: OpenChannel): void {
  let limits: WorkerLimits;
  let loaded: LoadedPrograms;
  let stop = new AbortController();
  let ahead: Uint8Array | undefined;

  const parent = new Parent(open, (order, body) => {
    if (order.type === "start") {
      limits = order.limits;
      loaded = new LoadedPrograms(parent, limits);
      parent.say({ type: "ready" });
    } else if (order.type === "ahead") ahead = body;
    else if (order.type === "task") {
      const input = order.isSentAhead ? ahead! : body;
      ahead = undefined;
      stop = new AbortController();
      void answer(order.task, input, stop.signal);
    } else if (order.type === "stop") stop.abort();
    else void loaded.forget(order.session);
  });
  parent.channel.on("close", () => process.exit());
  if (process.platform !== "linux") {
    setInterval(
      () => parent.say({ type: "resident", bytes: process.memoryUsage.rss() }),
      reportMilliseconds,
    ).unref();
  }

  async function answer(task: Task, input: Uint8Array, signal: AbortSignal): Promise<void> {
    let result: TaskResult;
    try {
      result = await perform(task, input, signal);
    } catch (error) {
      const { holds } = loaded;
      if (signal.aborted) parent.say({ type: "stopped", holds });
      else if (error instanceof InputError) parent.say({ type: "refused", reason: error.message, holds });
      // Of whatever else went wrong nobody knows what it left behind.
      else {
        console.error(error);
        process.exit(1);
      }
      return;
    }
    parent.say({ type: "done", holds: loaded.holds }, resultToBytes(result));
  }

  async function perform(task: Task, input: Uint8Array, signal: AbortSignal): Promise<TaskResult> {
    switch (task.kind) {
      case "compile":
        return compileTask(task, limits, parent, signal);
      case "keys":
        await loaded.open(task.program, task.session, input);
        return { sections: [], about: {}, traces: [], evaluateMilliseconds: 0 };
      case "run":
        return runTask(await loaded.session(task.program, task.session), input, signal);
      case "layers":
        return layersTask(task, input, limits, parent);
    }
  }
}
