import hooks = require("node:async_hooks");
import timers = require("node:timers/promises");
import failures = require("./failure.cjs");
import gathered = require("./streams.cjs");
import type { ExecuteRequest, Executor, Failure, Jupyter, WriteStream } from "./tslab.cjs";

const partingMilliseconds = 50;

type Publish = (type: string, content: Record<string, unknown>) => void;

/** What the mended parts of tslab tell each other about one cell; it travels as its request. */
interface CellRun extends ExecuteRequest {
  readonly publish: Publish;
  failure?: Failure;
  /** Something that it started and did not wait for failed. */
  strayed?: boolean;
  /** It failed, and those that wait behind it are to run all the same. */
  failed?: boolean;
  last?: { readonly value: unknown };
}

/** The cell that runs; tslab runs one at a time. */
let current: CellRun | undefined;
/** In whatever a cell has started, also after its end: which cell that was. */
const origin = new hooks.AsyncLocalStorage<CellRun>();
/** What cells have printed lately and is not published yet. */
let latestStreams: InstanceType<typeof gathered.GatheredStreams> | undefined;

/** tslab prints a cell's last value and its errors; they are kept instead, until it is known how to show them. */
function mendExecutor(executor: Executor): Executor {
  const { createExecutor } = executor;
  executor.createExecutor = (folder, converters) =>
    createExecutor(folder, converters, {
      log: (value) => {
        if (current) current.last = { value };
      },
      error: (...what) => {
        if (current) current.failure = failures.describeFailure(what, current.failure);
      },
    });
  return executor;
}

/** Runs cells with the messages that Jupyter's clients expect. */
function mendExecution(jupyter: Jupyter): void {
  const server = jupyter.ZmqServer.prototype;
  const handler = jupyter.JupyterHandlerImpl.prototype;

  process.on("exit", () => {
    latestStreams?.flush();
    // The sockets' own thread needs a moment to send it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, partingMilliseconds);
  });

  const { handleExecuteImpl } = handler;
  handler.handleExecuteImpl = async function (request, ...writers) {
    const run = request as CellRun;
    if (!run.silent) {
      run.publish("execute_input", { code: run.code, execution_count: this.execCount + 1 });
    }
    current = run;
    try {
      const count = await origin.run(run, () => handleExecuteImpl.call(this, run, ...writers));
      // What was rejected in the meantime, and is awaited by nobody, is told of by now.
      await timers.setImmediate();
      if (run.strayed) throw count;
      return count;
    } catch (failed) {
      // tslab gives up all that wait behind a cell that throws.
      if (run.stop_on_error !== false) throw failed;
      run.failed = true;
      return { count: this.execCount };
    } finally {
      if (run.last) await showLast(run, run.last.value, this.execCount);
      current = undefined;
    }
  };

  const { init } = server;
  server.init = function () {
    // By now tslab has set its own listeners.
    tellOfStrayFailures();
    init.call(this);
  };

  server.handleExecute = async function (socket, message) {
    const publishNow: Publish = (type, content) => {
      const published = message.createReply();
      published.header.msg_type = type;
      published.content = content;
      published.signAndSend(this.connInfo.key, this.iopub);
    };
    const streams = new gathered.GatheredStreams(publishNow);
    const print: WriteStream = (name, text) => {
      latestStreams = streams;
      streams.write(name, text);
    };
    const publish: Publish = (type, content) => {
      streams.flush();
      publishNow(type, content);
    };
    const run: CellRun = { ...(message.content as unknown as ExecuteRequest), publish };

    const result = await this.handler.handleExecute(run, print, (content, update) =>
      publish(update ? "update_display_data" : "display_data", content),
    );
    if (run.failed) result.status = "error";
    if (result.status === "error") {
      const failure =
        run.failure ?? failures.describeFailure([new Error("the kernel could not run this cell")]);
      Object.assign(result, failure);
      publish("error", { ...failure });
    } else if (run.failure) {
      // A cell that defines a module counts as run whatever TypeScript says of it.
      print("stderr", `${run.failure.traceback.join("\n")}\n`);
    }
    if (result.status === "abort") result.status = "aborted";
    streams.flush();
    const reply = message.createReply();
    reply.header.msg_type = "execute_reply";
    reply.content = { ...result };
    reply.signAndSend(this.connInfo.key, socket);
  };
}

/**
 * Lets what fails outside of any await, such as in a timer or in a promise that nobody waits for, fail the cell that
 * started it, also after its end; tslab would print it and go on.
 */
function tellOfStrayFailures(): void {
  const tell = (thrown: unknown): void => {
    const run = origin.getStore() ?? current;
    const failure = failures.describeFailure([thrown], run?.failure);
    if (!run) process.stderr.write(`${failure.traceback.join("\n")}\n`);
    else if (run === current) {
      run.strayed = true;
      run.failure ??= failure;
    } else run.publish("error", { ...failure });
  };
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.removeAllListeners(event);
    process.on(event, tell);
  }
}

/** Shows a cell's last value as it wants to be shown, or as Node prints it. */
async function showLast(run: CellRun, value: unknown, executionCount: number): Promise<void> {
  const { displayMessage } = await import("../../display/display-message.js");
  const message = await displayMessage(value);
  if (message) {
    const { data, metadata } = message;
    run.publish("execute_result", { execution_count: executionCount, data, metadata });
  } else console.log(value);
}

export = { mendExecutor, mendExecution };
