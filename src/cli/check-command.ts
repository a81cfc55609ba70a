import { dirname } from "node:path";
import { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import { hintOf, type Exercise, type Verdict } from "../notebook/exercises/exercise.js";
import { wholeNumber } from "./arguments.js";
import { ExitStatus, type CommandIo } from "./command-io.js";
import { startProgress } from "./progress.js";

interface CheckOptions {
  readonly timeout: number;
}

/** Enough for any lesson, and little enough to show. */
const mostOutputCharacters = 100_000_000;

/** `he-ml check`: a student's own run of all exercises in a notebook. */
export function checkCommand(io: CommandIo): Command {
  return new Command("check")
    .description("run a notebook with exercises, and say of each whether it is solved")
    .argument("<notebook>", "a notebook (.ipynb) with exercises")
    .option("--timeout <s>", "seconds that one cell may take", wholeNumber(1, 86_400), 600)
    .action((path: string, options: CheckOptions) => check(path, options, io));
}

async function check(
  path: string,
  { timeout }: CheckOptions,
  { stdout, stderr, env, signal }: CommandIo,
): Promise<void> {
  const { readNotebook } = await import("../notebook/runner/notebook-file.js");
  const { exercises } = await import("../notebook/exercises/all.js");
  const { exercisesIn } = await import("../notebook/exercises/edition/checks-in.js");
  const notebook = await readNotebook(path);
  if (exercisesIn(notebook.cells, exercises).length === 0) {
    throw new InputError(`check: "${path}" has no exercise; name a notebook that calls check.…(…)`);
  }
  requirePackages("notebooks");

  const { examineNotebook } = await import("../notebook/exercises/examination/examine-notebook.js");
  const { unfenced } = await import("../notebook/exercises/examination/unfenced.js");
  const progress = startProgress(stderr);
  const { verdicts } = await examineNotebook(notebook, {
    ...{ exercises, signal, mostOutputCharacters },
    cwd: dirname(path),
    timeoutSeconds: timeout,
    launch: unfenced(env),
    onCell: ({ cell, cells }) => progress.update(`cell ${cell}`, cell - 1, cells),
  }).finally(() => progress.stop());
  for (const [exercise, verdict] of verdicts) stdout.write(`${verdictLine(exercise, verdict)}\n`);
  const passed = [...verdicts.values()].filter((verdict) => verdict.passed).length;
  stdout.write(`${passed} of ${verdicts.size} solved\n`);
  if (passed < verdicts.size) throw new ExitStatus(1);
}

function verdictLine(exercise: Exercise, verdict: Verdict): string {
  const { id, hints } = exercise;
  const { passed, says, hint, untouched } = verdict;
  if (passed) return `✓ ${id}: passed: ${says}`;
  if (untouched) return `○ ${id}: not tried; hint: ${hints[0]}`;
  return `✗ ${id}: ${says.replace(/\s+/g, " ")}${hint === undefined ? "" : `; hint: ${hintOf(exercise, verdict).text}`}`;
}
