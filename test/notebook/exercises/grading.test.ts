import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { exercises } from "../../../src/notebook/exercises/all.js";
import { editionsOf } from "../../../src/notebook/exercises/edition/editions.js";
import { Examination } from "../../../src/notebook/exercises/examination/examination.js";
import type { FromExaminer } from "../../../src/notebook/exercises/node/parent-examiner.js";
import type { Exercise, Verdict } from "../../../src/notebook/exercises/exercise.js";
import {
  findAssignment,
  readAssignment,
  withSolutionsOf,
} from "../../../src/notebook/exercises/grade/assignment.js";
import { gradesCsv } from "../../../src/notebook/exercises/grade/grades-csv.js";
import { readSubmissions } from "../../../src/notebook/exercises/grade/submissions.js";
import { formatNotebook, parseNotebook, type Notebook } from "../../../src/notebook/runner/notebook-file.js";
import { TestFolder, notebookOf } from "../support.js";
import { authorCells, authorNotebook } from "./author-notebook.js";

const { exercise: handedOut, solution } = editionsOf(parseNotebook(authorNotebook(), "a"), exercises, "a")!;

let folder: TestFolder;
beforeAll(async () => {
  folder = await TestFolder.create();
  for (const path of ["handed-out", "class/dora", "class/.git"])
    await mkdir(join(folder.path, path), { recursive: true });
  await write("handed-out/01-three.ipynb", handedOut);
});
afterAll(() => folder.remove());

const write = (path: string, notebook: Notebook) =>
  writeFile(join(folder.path, path), formatNotebook(notebook));
const assignmentPath = () => join(folder.path, "handed-out/01-three.ipynb");

test("of a submission its solutions are taken, and code cells that were added; checks are the teacher's", async () => {
  const assignment = await readAssignment(assignmentPath(), exercises);
  const [added, forged, extraCheck] = parseNotebook(
    JSON.stringify(notebookOf(["const helper = 1;", "console.log('passed')", "await check.overflow(cheat)"])),
    "b",
  ).cells.map((cell, i) => ({ ...cell, id: `added-${i}` }));
  const cells = [...solution.cells];
  cells[2] = { ...cells[2], source: forged.source };
  cells.splice(3, 0, added, extraCheck);
  const run = withSolutionsOf({ ...solution, cells: cells.slice(0, -3) }, assignment);
  expect(run.cells.map(({ source }) => source)).toEqual([
    authorCells.given,
    authorCells.multiply,
    authorCells.checkMultiply,
    added.source,
    authorCells.sumSlots,
    authorCells.checkSumSlots,
    handedOut.cells[5].source,
    authorCells.checkOverflow,
    authorCells.after,
  ]);
});

test("submissions are notebooks or folders with one; what cannot be read is told of", async () => {
  await write("class/anna.ipynb", solution);
  await writeFile(join(folder.path, "class/ben.ipynb"), "{}");
  await write("class/dora/mine.ipynb", solution);
  await mkdir(join(folder.path, "class/emil"), { recursive: true });
  const submissions = await readSubmissions(join(folder.path, "class"));
  expect(
    submissions.map(({ student, notebook }) => [
      student,
      typeof notebook === "string" ? notebook : "notebook",
    ]),
  ).toEqual([
    ["anna", "notebook"],
    ["ben", expect.stringMatching(/is no notebook of nbformat 4/)],
    ["dora", "notebook"],
    ["emil", "expected one notebook in the folder, got 0"],
  ]);
  const found = await findAssignment(join(folder.path, "handed-out"), submissions, exercises);
  expect(found.exercises.map(({ id }) => id)).toEqual(["multiply-mod", "sum-slots", "overflow"]);
  await expect(findAssignment(join(folder.path, "class/emil"), submissions, exercises)).rejects.toThrow(
    /--assignment NOTEBOOK/,
  );
  await expect(readSubmissions(join(folder.path, "none"))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  await expect(readSubmissions(join(folder.path, "class/emil"))).rejects.toThrow(/got none/);
});

test("grades are CSV that no spreadsheet takes for formulas", () => {
  const verdicts = new Map<Exercise, Verdict>([
    [
      exercises.overflow as unknown as Exercise,
      { passed: false, says: '=HYPERLINK("x", "y")\r\nz', hint: 1 },
    ],
    [exercises.multiplyMod as unknown as Exercise, { passed: true, says: "well" }],
  ]);
  expect(gradesCsv([{ student: "-a", verdicts }])).toBe(
    [
      "student,exercise,points,passed,says",
      `'-a,overflow,0,no,"'=HYPERLINK(""x"", ""y"") z"`,
      "'-a,multiply-mod,2,yes,well",
      "",
    ].join("\r\n"),
  );
});

test("an examiner takes anything, and counts the first question within the check only", async () => {
  const verdicts: [string, boolean][] = [];
  const examination = new Examination(exercises, ({ id }, { passed }) => verdicts.push([id, passed]));
  const answers: FromExaminer[] = [];
  const send = (message: unknown) => examination.take(message, (answer) => answers.push(answer));
  const attempt = async (run: string, reply: unknown) => {
    send({ heMl: "ask", run, exercise: "overflow" });
    send({ heMl: "reply", run, reply });
    await setImmediate();
  };
  for (const junk of [null, 1, "x", {}, { heMl: "ask" }, { heMl: "ask", run: "1", exercise: "__proto__" }])
    send(junk);
  send({ heMl: "reply", run: "never asked", reply: { value: [] } });
  expect(answers).toEqual([]);
  await attempt("early", { value: [] });
  expect(answers.map(({ heMl }) => heMl)).toEqual(["question", "verdict"]);
  expect(verdicts).toEqual([]);

  examination.begin(({ id }) => id === "overflow");
  for (const [i, reply] of [
    { value: { $: "forged" } },
    { value: [[1, 1]] },
    { passed: true },
    undefined,
  ].entries()) {
    await attempt(`run ${i}`, reply);
  }
  expect(verdicts).toEqual([["overflow", false]]);
  send({ heMl: "reply", run: "run 0", reply: { value: [] } });
  await setImmediate();
  expect(answers).toHaveLength(10);
});
