import { InputError } from "../../errors.js";
import type { Task, TaskResult } from "../engine-types.js";
import { resultToBytes } from "../task-result-bytes.js";
import type { WorkerLimits } from "../worker-messages.js";
import { compileTask } from "./compile-task.js";
import { layersTask } from "./layers-task.js";
import { LoadedPrograms } from "./loaded-programs.js";
import { Parent, type Channel } from "./parent.js";
import { runTask } from "./run-task.js";
import type { TaskSurroundings } from "./task-surroundings.js";

/** What a worker has around it. */
export interface Surroundings extends Pick<TaskSurroundings, "loadModel"> {
  readonly channel: Channel;
  /** Ends the worker: of an error that is nobody's input's, nobody knows what it left behind. */
  readonly die: (error: unknown) => void;
}

/** Does what the parent says, one task at a time. */
export function doTasks({ channel, loadModel, die }: Surroundings): void {
  let limits: WorkerLimits;
  let loaded: LoadedPrograms;
  let stop = new AbortController();
  let ahead: Uint8Array | undefined;

  const parent = new Parent(channel, (order, body) => {
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

  async function answer(task: Task, input: Uint8Array, signal: AbortSignal): Promise<void> {
    let result: TaskResult;
    try {
      result = await perform(task, input, signal);
    } catch (error) {
      const { holds } = loaded;
      if (signal.aborted) parent.say({ type: "stopped", holds });
      else if (error instanceof InputError) parent.say({ type: "refused", reason: error.message, holds });
      else die(error);
      return;
    }
    parent.say({ type: "done", holds: loaded.holds }, resultToBytes(result));
  }

  async function perform(task: Task, input: Uint8Array, signal: AbortSignal): Promise<TaskResult> {
    switch (task.kind) {
      case "compile":
        return compileTask(task, { limits, parent, loadModel }, signal);
      case "keys":
        await loaded.open(task.program, task.session, input);
        return { sections: [], about: {}, traces: [], evaluateMilliseconds: 0 };
      case "run":
        return runTask(await loaded.session(task.program, task.session), input, signal);
      case "layers":
        return layersTask(task, input, { limits, parent, loadModel });
    }
  }
}
