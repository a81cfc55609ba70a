import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { unjudged, type Exercise, type Verdict } from "../exercise.js";
import { withSolutionsOf, type Assignment } from "./assignment.js";
import { limitArguments, type Fence } from "./fence.js";
import type { Progress, SubmissionLimits, Task } from "./messages.js";
import type { Submission } from "./submissions.js";

/** What one student gets. */
export interface Graded {
  readonly student: string;
  /** For each exercise that was handed out, in order. */
  readonly verdicts: ReadonlyMap<Exercise, Verdict>;
  /** HTML; missing where the submission could not be run to its end. */
  readonly page?: string;
}

export interface GradeOptions {
  readonly fence: Fence;
  readonly limits: SubmissionLimits;
  readonly signal?: AbortSignal;
}

const examiner = fileURLToPath(new URL("./examiner-process.js", import.meta.url));
/** Beside what a submission may take: to read what it sends. */
const examinerMegabytes = 1536;
/** How long that process gets to end its kernel and itself. */
const graceMilliseconds = 3000;

/**
 * Grades one submission in processes of its own. Whatever it does, this returns.
 *
 * @throws the signal's reason when it aborts
 */
export async function gradeSubmission(
  { student, notebook }: Submission,
  assignment: Assignment,
  { fence, limits, signal }: GradeOptions,
): Promise<Graded> {
  const all = (says: (exercise: Exercise) => Verdict) =>
    new Map(assignment.exercises.map((exercise) => [exercise, says(exercise)]));
  if (typeof notebook === "string") return { student, verdicts: all(() => unjudged(notebook)) };

  signal?.throwIfAborted();
  const task: Task = { student, notebook: withSolutionsOf(notebook, assignment), fence, limits };
  const found = new Map<string, Verdict>();
  let page: string | undefined;
  const { prlimit } = fence;
  const node = [process.execPath, `--max-old-space-size=${examinerMegabytes}`, examiner];
  const cpuSeconds = 2 * limits.totalSeconds;
  const [command, ...args] = prlimit
    ? [prlimit, ...limitArguments(examinerMegabytes, cpuSeconds), ...node]
    : node;
  const child = spawn(command, args, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  child.on("message", (message) => {
    const progress = message as Progress;
    if ("page" in progress) page = progress.page;
    else if (!found.has(progress.exercise)) found.set(progress.exercise, progress.verdict);
  });
  let late = false;
  const stop = () => {
    if (child.connected) child.disconnect();
    setTimeout(() => child.kill("SIGKILL"), graceMilliseconds).unref();
  };
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, 1000 * limits.totalSeconds);
  signal?.addEventListener("abort", stop, { once: true });
  const ended = Promise.all([once(child, "exit"), once(child, "disconnect")]);
  child.send(task, () => undefined);
  await ended.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", stop);
  });
  signal?.throwIfAborted();
  const reason = late
    ? `it did not end within ${limits.totalSeconds} s in all`
    : "its run ended before this exercise";
  return { student, verdicts: all(({ id }) => found.get(id) ?? unjudged(reason)), page };
}
