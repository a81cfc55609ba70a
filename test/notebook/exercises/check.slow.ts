import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeCells, TestFolder } from "../support.js";
import { authorCells, authorNotebook, type CellName } from "./author-notebook.js";

let folder: TestFolder;
beforeAll(async () => {
  folder = await TestFolder.create();
  await write("01-three", {});
  expect((await folder.run(["exercises", "01-three.ipynb"])).status).toBe(0);
});
afterAll(() => folder.remove());

const write = (name: string, changed: Partial<Record<CellName, string>>) =>
  writeFile(join(folder.path, `${name}.ipynb`), authorNotebook(changed));

test("the author's and the solution notebook pass; in the exercise notebook nothing is tried", async () => {
  const passed = `✓ multiply-mod: passed: 3 products modulo X⁸ + 1
✓ sum-slots: passed: the sum of 1024 slots in 10 rotations
✓ overflow: passed: 3 products that wrap around, of factors that do not
3 of 3 solved
`;
  for (const path of ["01-three.ipynb", "solutions/01-three.ipynb"]) {
    expect(await folder.run(["check", path])).toEqual({ status: 0, stdout: passed, stderr: "" });
  }
  const { status, stdout } = await folder.run(["check", "exercises/01-three.ipynb"]);
  expect(status).toBe(1);
  expect(stdout).toMatch(
    /^○ multiply-mod: not tried; hint: .*\n○ sum-slots: not tried; .*\n○ overflow: not tried; .*\n0 of 3 solved\n$/,
  );
}, 300_000);

test("what is wrong is said of each exercise, and a cell that does not compile or ends the kernel spoils no other", async () => {
  await write("wrong", {
    multiply: authorCells.multiply.replace("return product", "return prod"),
    sumSlots: authorCells.sumSlots.replace("step < 1024", "step < 512"),
  });
  const wrong = await folder.run(["check", "wrong.ipynb"]);
  expect(wrong.status).toBe(1);
  expect(wrong.stdout).toMatch(
    /✗ multiply-mod: its check did not run: TypeScriptError: 10:10 - Cannot find name 'prod'\.$/m,
  );
  expect(wrong.stdout).toMatch(
    /✗ sum-slots: slot 0 is .*: it is the sum of 512 slots only; hint: Each rotation/,
  );
  expect(wrong.stdout).toMatch(/✓ overflow: passed/);

  await write("exits", {
    sumSlots: authorCells.sumSlots.replace(
      "let sum = x;",
      "if (x !== undefined) process.exit(3);\n  let sum = x;",
    ),
  });
  const exits = await folder.run(["check", "exits.ipynb"]);
  expect(exits.status).toBe(1);
  expect(exits.stdout).toMatch(/✓ multiply-mod: passed.*\n✗ sum-slots: the kernel ended \(exit status 3\)/);
  expect(exits.stdout).toMatch(/✓ overflow: passed/);
}, 300_000);

test("in a notebook a check shows folded hints and fails its cell, and the cells below run", async () => {
  expect((await folder.run(["run", "--out", "out", "exercises/01-three.ipynb"])).status).toBe(0);
  const cells = codeCells(await folder.read("out/01-three.ipynb"));
  expect(cells[2].outputs).toMatchObject([
    { data: { "text/html": expect.stringContaining("<details><summary>Hint 3 of 3</summary>") } },
    {
      ename: "CheckError",
      evalue: expect.stringMatching(/^multiply modulo X⁸ \+ 1: multiply is still to be written\nHint 1: /),
    },
  ]);
  expect(cells[7].outputs).toMatchObject([
    { text: "went on function 0\n" },
    { output_type: "execute_result" },
  ]);
  const page = await readFile(join(folder.path, "out/01-three.html"), "utf8");
  expect(page).toContain("<details><summary>Hint 1 of 3</summary>");
}, 300_000);
