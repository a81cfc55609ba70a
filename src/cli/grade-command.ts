import { join } from "node:path";
import { Command } from "commander";
import { writeWholeFile } from "../he-ml/node/files/whole-file.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import type { Graded } from "../notebook/exercises/grade/grade-submission.js";
import { printable } from "../notebook/display/grid.js";
import { wholeNumber } from "./arguments.js";
import type { CommandIo } from "./command-io.js";
import { requireWritableFile } from "./files.js";
import { startProgress } from "./progress.js";

interface GradeOptions {
  readonly assignment?: string;
  readonly out: string;
  readonly timeout: number;
  readonly total: number;
  readonly memory: number;
}

const handedOut = join("notebooks", "exercises");
const mostOutputCharacters = 2_000_000;

/** `he-ml grade`: run what a class handed in, and judge it. */
export function gradeCommand(io: CommandIo): Command {
  return new Command("grade")
    .description("grade a folder of submissions: a notebook, or a folder with one, for each student")
    .argument("<dir>", "the folder of submissions")
    .option("--assignment <notebook>", `what was handed out; found among ${handedOut} if left out`)
    .option("--out <dir>", "folder for grades.csv and a page for each student", "out/grades")
    .option("--timeout <s>", "seconds that one cell may take", wholeNumber(1, 86_400), 60)
    .option("--total <s>", "seconds that one submission may take", wholeNumber(1, 86_400), 600)
    .option("--memory <MB>", "megabytes that one submission may take", wholeNumber(128, 65_536), 1024)
    .action((folder: string, options: GradeOptions) => grade(folder, options, io));
}

async function grade(folder: string, options: GradeOptions, { stdout, stderr, env, signal }: CommandIo) {
  const { exercises } = await import("../notebook/exercises/all.js");
  const { findAssignment, readAssignment } = await import("../notebook/exercises/grade/assignment.js");
  const { describeFence, findFence } = await import("../notebook/exercises/grade/fence.js");
  const { gradeSubmission } = await import("../notebook/exercises/grade/grade-submission.js");
  const { gradesCsv } = await import("../notebook/exercises/grade/grades-csv.js");
  const { readSubmissions } = await import("../notebook/exercises/grade/submissions.js");

  const submissions = await readSubmissions(folder);
  const assignment = options.assignment
    ? await readAssignment(options.assignment, exercises)
    : await findAssignment(handedOut, submissions, exercises);
  requirePackages("notebooks");
  const table = join(options.out, "grades.csv");
  await requireWritableFile("--out", table);
  const fence = await findFence(env);
  stdout.write(`${assignment.path}: ${assignment.exercises.length} exercises; ${describeFence(fence)}\n`);

  const limits = {
    memoryMegabytes: options.memory,
    cpuSeconds: 2 * options.total,
    cellSeconds: options.timeout,
    totalSeconds: options.total,
    mostOutputCharacters,
  };
  const graded: Graded[] = [];
  const progress = startProgress(stderr);
  try {
    for (const submission of submissions) {
      progress.update(printable(submission.student), graded.length, submissions.length);
      const one = await gradeSubmission(submission, assignment, { fence, limits, signal });
      if (one.page !== undefined) await writeWholeFile(join(options.out, `${one.student}.html`), one.page);
      graded.push(one);
    }
  } finally {
    progress.stop();
  }
  await writeWholeFile(table, gradesCsv(graded));
  for (const one of graded) stdout.write(`${gradeLine(one)}\n`);
  stdout.write(`${table}\n`);
}

function gradeLine({ student, verdicts }: Graded): string {
  const got = [...verdicts].reduce((sum, [{ points }, { passed }]) => sum + (passed ? points : 0), 0);
  const most = [...verdicts.keys()].reduce((sum, { points }) => sum + points, 0);
  const open = [...verdicts].filter(([, { passed }]) => !passed).map(([{ id }]) => id);
  return `${printable(student)}: ${got} of ${most} points${open.length > 0 ? `; not ${open.join(", ")}` : ""}`;
}
