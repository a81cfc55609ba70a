import { jupyterDisplay } from "../display/mime.js";
import { show } from "../display/show.js";
import { table, type NotebookTable } from "../display/table.js";
import { examinerOfThisProcess, type Examiner } from "./examiner.js";
import { dueHints, type Cost, type Exercise, type Verdict } from "./exercise.js";
import { CheckError, failureBundle, passLine } from "./report.js";
import { replyTo } from "./respond.js";

/** Exercises by their names in `check`. */
export type Exercises = Readonly<Record<string, Exercise>>;

type AnswerOf<E> = E extends { ask(answer: infer Answer, ...rest: never[]): unknown } ? Answer : never;

/** A method for each exercise, and the golf table. */
export type Check<Listed> = {
  readonly [Name in keyof Listed]: (answer: AnswerOf<Listed[Name]>) => Promise<void>;
} & {
  /**
   * For each exercise in which operations are counted, and which was checked since the notebook was started: par, and the
   * best that passed.
   */
  golf(): NotebookTable;
};

/**
 * What a notebook checks its answers with. Each method draws a fresh case, asks the answer, and prints a line where it
 * passes; else it shows what is wrong with hints, and throws.
 *
 * @throws CheckError by its methods, for an answer that is wrong or still to be written
 * @example await checker({ multiplyMod }).multiplyMod(multiply);
 */
export function checker<Listed extends Exercises>(
  exercises: Listed,
  examiner: () => Examiner = examinerOfThisProcess,
): Check<Listed> {
  const tries = new Map<Exercise, number>();
  const best = new Map<Exercise, Cost>();
  const checked = new Set<Exercise>();

  async function run(exercise: Exercise, answer: unknown): Promise<void> {
    checked.add(exercise);
    const verdict = await examiner().examine(exercise, (question) => replyTo(exercise, answer, question));
    if (verdict.passed) {
      keepBest(exercise, verdict);
      await show(passLine(exercise, verdict));
      return;
    }
    // An untouched exercise is no try.
    const due = dueHints(verdict, tries.get(exercise) ?? 0);
    tries.set(exercise, verdict.untouched ? 0 : due + 1);
    const bundle = failureBundle(exercise, verdict, due);
    await show({ [jupyterDisplay]: () => bundle });
    throw new CheckError(exercise, verdict);
  }

  function keepBest(exercise: Exercise, { cost }: Verdict): void {
    const { par } = exercise;
    if (!cost || !par) return;
    const before = best.get(exercise);
    if (!before || isLess(cost, before, Object.keys(par))) best.set(exercise, cost);
  }

  function golf(): NotebookTable {
    const ofNotebook = Object.values(exercises).filter((exercise) => checked.has(exercise));
    const rows = ofNotebook.flatMap((exercise) =>
      Object.entries(exercise.par ?? {}).map(([counted, par]) => ({
        exercise: exercise.title,
        counted,
        par,
        "your best": best.get(exercise)?.[counted],
      })),
    );
    const columns = ["exercise", "counted", "par", "your best"];
    return table(rows, { columns, caption: "Golf: the fewer the better" });
  }

  const methods = Object.entries(exercises).map(([name, exercise]) => [
    name,
    (answer: unknown) => run(exercise, answer),
  ]);
  return { ...(Object.fromEntries(methods) as Check<Listed>), golf };
}

/** Whether one cost is less than another in the first thing in which they differ. */
function isLess(a: Cost, b: Cost, counted: readonly string[]): boolean {
  const first = counted.find((what) => a[what] !== b[what]);
  return first !== undefined && a[first]! < b[first]!;
}
