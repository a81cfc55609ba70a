import { constants } from "node:os";
import { collectWhenNeeded } from "../he-ml/node/garbage-collection.js";
import { Interrupted } from "./command-io.js";
import { main } from "./main.js";

/** Runs the command as this process: its arguments, streams, signals and exit status. */
export async function runAsProcess(): Promise<void> {
  const { argv, env, stdin, stdout, stderr } = process;
  collectWhenNeeded();
  let outputFailed = false;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read our output has seen enough, as in `he-ml … | head`.
    if (error.code === "EPIPE") process.exit(0);
    if (!outputFailed) stderr.write(`he-ml: failed: standard output cannot be written: ${error.message}\n`);
    outputFailed = true;
    process.exitCode = 1;
  });
  // There is nobody left to tell.
  stderr.on("error", () => undefined);
  const interrupt = new AbortController();
  const onSignal = (signal: Interrupted["by"]) => {
    // Who asks twice does not want to wait.
    if (interrupt.signal.aborted) process.exit(128 + constants.signals[signal]);
    interrupt.abort(new Interrupted(signal));
  };
  for (const signal of endingSignals) process.on(signal, onSignal);
  const status = await main(argv, { stdin, stdout, stderr, env, signal: interrupt.signal });
  process.exitCode = status === 0 && outputFailed ? 1 : status;
  for (const signal of endingSignals) process.off(signal, onSignal);
}

/** Those that end a command in an orderly way. */
const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
