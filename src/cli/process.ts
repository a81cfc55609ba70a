import { Interrupted } from "./command-io.js";
import { main } from "./main.js";

/** Runs the command as this process: its arguments, streams, signals and exit status. */
export async function runAsProcess(): Promise<void> {
  const { argv, env, stdin, stdout, stderr } = process;
  stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read our output has seen enough, as in `he-ml … | head`.
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const interrupt = new AbortController();
  const onSignal = (signal: Interrupted["by"]) => interrupt.abort(new Interrupted(signal));
  for (const signal of endingSignals) process.on(signal, onSignal);
  process.exitCode = await main(argv, { stdin, stdout, stderr, env, signal: interrupt.signal });
  for (const signal of endingSignals) process.off(signal, onSignal);
}

/** Those that end a command in an orderly way. */
const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
