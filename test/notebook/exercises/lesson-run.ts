import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { exercises } from "../../../src/notebook/exercises/all.js";
import { checkedNames } from "../../../src/notebook/exercises/edition/checks-in.js";
import { hasSolution } from "../../../src/notebook/exercises/edition/solution-regions.js";
import { formatNotebook, readNotebook, type Cell } from "../../../src/notebook/runner/notebook-file.js";
import { inNode, root, TestFolder } from "../support.js";

/** What is added to the id of a cell in front of whose solution the stub is tried. */
const untouched = "-untouched";

/**
 * A test for each lesson: all cells run, each check says of the stub that nothing was tried, and passes the solution.
 *
 * One run of one notebook shows it, where the two editions would take two: `committed.test.ts` holds that both have the same cells
 * but for solutions, and `lessons.test.ts` that no given cell but those behind the last check needs a solution, so that none runs
 * otherwise where there are stubs only.
 */
export function testLessons(names: readonly string[]): void {
  let folder: TestFolder;
  beforeAll(async () => {
    folder = await TestFolder.create();
  });
  afterAll(() => folder.remove());

  test.each(names)(
    "%s: all cells run; an untouched exercise is told as such, and its solution passes",
    async (name) => {
      const cells = await bothEditions(name);
      const checks = cells.filter((cell) => checkedNames(cell).length > 0);
      const path = join(folder.path, name);
      const handedOut = await readNotebook(join("notebooks/exercises", name));
      await writeFile(path, formatNotebook({ ...handedOut, cells: [...cells] }));
      const { verdicts, errors } = await examine(path);
      expect(verdicts).toEqual(
        checks.map((cell) => ({
          exercise: exercises[checkedNames(cell)[0] as keyof typeof exercises].id,
          verdict: isUntouched(cell) ? "untouched" : "passed",
        })),
      );
      expect(errors).toEqual(checks.filter(isUntouched).map(({ id }) => `${id}: CheckError`));
    },
    300_000,
  );
}

const isUntouched = ({ id }: Cell) => id.endsWith(untouched);

/** The notebook to hand out, in which each exercise, from its first stub to its check, is followed by the same cells solved. */
async function bothEditions(name: string): Promise<readonly Cell[]> {
  const [stubs, solved] = await Promise.all(
    ["exercises", "solutions"].map((edition) => readNotebook(join("notebooks", edition, name))),
  );
  const cells: Cell[] = [];
  let exercise: number | undefined;
  for (const [i, cell] of solved.cells.entries()) {
    if (hasSolution(cell.source)) exercise ??= i;
    if (exercise === undefined) cells.push(cell);
    else if (checkedNames(cell).length > 0) {
      const asHandedOut = stubs.cells.slice(exercise, i + 1);
      cells.push(...asHandedOut.map((stub) => ({ ...stub, id: stub.id + untouched })));
      cells.push(...solved.cells.slice(exercise, i + 1));
      exercise = undefined;
    }
  }
  return cells;
}

interface Examined {
  /** In the order in which they came. */
  readonly verdicts: readonly { exercise: string; verdict: string }[];
  /** Cells that threw, and what. */
  readonly errors: readonly string[];
}

/** Runs a notebook as `he-ml check` does, in the folder of what is handed out, and makes the page that `he-ml run` would. */
async function examine(path: string): Promise<Examined> {
  const built = (file: string) => JSON.stringify(pathToFileURL(join(root, "dist/notebook", file)).href);
  return (await inNode(`
    import { exercises } from ${built("exercises/all.js")};
    import { examineNotebook } from ${built("exercises/examination/examine-notebook.js")};
    import { unfenced } from ${built("exercises/examination/unfenced.js")};
    import { renderNotebook } from ${built("html/index.js")};
    import { readNotebook } from ${built("runner/notebook-file.js")};
    const verdicts = [];
    const { notebook } = await examineNotebook(await readNotebook(${JSON.stringify(path)}), {
      exercises,
      cwd: ${JSON.stringify(resolve("notebooks/exercises"))},
      timeoutSeconds: 240,
      mostOutputCharacters: 100_000_000,
      launch: unfenced(process.env),
      onVerdict: ({ id }, { passed, untouched, says }) =>
        verdicts.push({ exercise: id, verdict: passed ? "passed" : untouched ? "untouched" : says }),
    });
    await renderNotebook(notebook);
    const errors = notebook.cells.flatMap(({ id, outputs = [] }) =>
      outputs.flatMap((output) => (output.output_type === "error" ? id + ": " + output.ename : [])),
    );
    console.log(JSON.stringify({ verdicts, errors }));
  `)) as Examined;
}
