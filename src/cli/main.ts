import { constants } from "node:os";
import { Command, CommanderError } from "commander";
import { InputError } from "../he-ml/errors.js";
import { benchCommand } from "./bench-command.js";
import { explainCommand } from "./explain-command.js";
import { inferCommand } from "./infer-command.js";
import { inspectCommand } from "./inspect-command.js";
import { labCommand } from "./lab-command.js";
import { runCommand } from "./run-command.js";
import { trainCommand } from "./train-command.js";
import { packageVersion } from "./package-root.js";

/**
 * The `he-ml` command. Results go to stdout, progress and errors to stderr. Exit status: 0; 1 when the work failed;
 * 2 when the input cannot be used, with one line that begins `he-ml: `; 130 when interrupted.
 */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    // Whoever read our output has seen enough, as in `he-ml … | head`.
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => interrupt.abort(new Interrupted(signal));
  for (const signal of endingSignals) process.on(signal, onSignal);
  const program = new Command("he-ml")
    .description("Classify images while they are encrypted, and see what it costs.")
    .version(packageVersion())
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .addCommand(inferCommand(interrupt.signal))
    .addCommand(explainCommand())
    .addCommand(inspectCommand())
    .addCommand(benchCommand(interrupt.signal))
    .addCommand(trainCommand(interrupt.signal))
    .addCommand(runCommand(interrupt.signal))
    .addCommand(labCommand(interrupt.signal));
  for (const command of program.commands) command.copyInheritedSettings(program);

  try {
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  } finally {
    for (const signal of endingSignals) process.off(signal, onSignal);
  }
}

/** Those that end a command in an orderly way: Ctrl-C, a supervisor, a terminal that is closed. */
const endingSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

class Interrupted extends Error {
  constructor(readonly signal: NodeJS.Signals) {
    super(signal);
  }
}

/** Says what went wrong on stderr; returns the exit status. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return reportUsage(error);
  if (error instanceof Interrupted) {
    process.stderr.write("he-ml: interrupted\n");
    return 128 + constants.signals[error.signal];
  }
  if (error instanceof InputError) {
    process.stderr.write(`he-ml: ${oneLine(error.message)}\n`);
    return 2;
  }
  process.stderr.write(
    `he-ml: failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return 1;
}

function reportUsage({ code, message, exitCode }: CommanderError): number {
  if (exitCode === 0) return 0;
  const text =
    code === "commander.help" ? "expected a command; see he-ml --help" : message.replace(/^error: /, "");
  process.stderr.write(`he-ml: ${oneLine(text)}\n`);
  return 2;
}

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, " ");
