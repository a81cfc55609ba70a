import { constants } from "node:os";
import { Command, CommanderError } from "commander";
import { InputError } from "../he-ml/errors.js";
import { UnavailableError } from "../he-ml/network/service-errors.js";
import { WriteError } from "../he-ml/node/files/whole-file.js";
import { accuracyCommand } from "./accuracy-command.js";
import { adviseCommand } from "./advise-command.js";
import { benchCommand } from "./bench-command.js";
import { checkCommand } from "./check-command.js";
import { ExitStatus, Interrupted, type CommandIo, type Output } from "./command-io.js";
import { decryptCommand } from "./decrypt-command.js";
import { encryptCommand } from "./encrypt-command.js";
import { evaluateCommand } from "./evaluate-command.js";
import { exercisesCommand } from "./exercises-command.js";
import { explainCommand } from "./explain-command.js";
import { figuresCommand } from "./figures-command.js";
import { gradeCommand } from "./grade-command.js";
import { inferCommand } from "./infer-command.js";
import { inspectCommand } from "./inspect-command.js";
import { keygenCommand } from "./keygen-command.js";
import { labCommand } from "./lab-command.js";
import { requestCommand } from "./request-command.js";
import { runCommand } from "./run-command.js";
import { serveCommand } from "./serve-command.js";
import { siteCommand } from "./site-command.js";
import { testParametersCommand } from "./test-parameters-command.js";
import { trainCommand } from "./train-command.js";
import { workerCommand } from "./worker-command.js";
import { packageVersion } from "../he-ml/node/files/package-root.js";

/**
 * The `he-ml` command. Results go to stdout, progress and errors to stderr.
 *
 * @param argv as `process.argv` is: two words that are passed over, then the arguments
 * @returns the exit status: 0; 1 when the work failed; 2 when the input cannot be used, with one line that begins
 * `he-ml: `; 130 when interrupted by Ctrl-C. Nothing is thrown
 * @example const status = await main(["node", "he-ml", "inspect", "lenet1"], { stdout, stderr, stdin, env, signal });
 */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const { stdout, stderr } = io;
  const program = new Command("he-ml")
    .description("Classify images while they are encrypted, and see what it costs.")
    .version(packageVersion())
    .showHelpAfterError(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? 80,
    })
    .addCommand(inferCommand(io))
    .addCommand(accuracyCommand(io))
    .addCommand(explainCommand(io))
    .addCommand(adviseCommand(io))
    .addCommand(inspectCommand(io))
    .addCommand(benchCommand(io))
    .addCommand(workerCommand(io))
    .addCommand(testParametersCommand(io))
    .addCommand(keygenCommand(io))
    .addCommand(encryptCommand(io))
    .addCommand(evaluateCommand(io))
    .addCommand(decryptCommand(io))
    .addCommand(trainCommand(io))
    .addCommand(figuresCommand(io))
    .addCommand(runCommand(io))
    .addCommand(serveCommand(io))
    .addCommand(requestCommand(io))
    .addCommand(labCommand(io))
    .addCommand(exercisesCommand(io))
    .addCommand(siteCommand(io))
    .addCommand(checkCommand(io))
    .addCommand(gradeCommand(io));
  for (const command of program.commands) command.copyInheritedSettings(program);

  try {
    await program.parseAsync(argv);
    return 0;
  } catch (error) {
    return report(error, stderr);
  }
}

/** Says what went wrong; returns the exit status. */
function report(error: unknown, stderr: Output): number {
  if (error instanceof ExitStatus) return error.status;
  if (error instanceof CommanderError) return reportUsage(error, stderr);
  if (error instanceof Interrupted) {
    stderr.write("he-ml: interrupted\n");
    return 128 + constants.signals[error.by];
  }
  if (error instanceof InputError) {
    stderr.write(`he-ml: ${oneLine(error.message)}\n`);
    return 2;
  }
  stderr.write(`he-ml: failed: ${failureText(error)}\n`);
  return 1;
}

/** One line of what a full disk or a server that is not there says, and the stack of what should not happen. */
function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isOfFileSystem = error instanceof WriteError || ("syscall" in error && "code" in error);
  return isOfFileSystem || error instanceof UnavailableError
    ? oneLine(error.message)
    : (error.stack ?? error.message);
}

function reportUsage({ code, message, exitCode }: CommanderError, stderr: Output): number {
  if (exitCode === 0) return 0;
  const text =
    code === "commander.help" ? "expected a command; see he-ml --help" : message.replace(/^error: /, "");
  stderr.write(`he-ml: ${oneLine(text)}\n`);
  return 2;
}

const oneLine = (text: string) => text.replace(/\s*\n\s*/g, " ");
