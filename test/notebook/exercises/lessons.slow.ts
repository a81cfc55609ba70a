import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { formatNotebook, readNotebook } from "../../../src/notebook/runner/notebook-file.js";
import { TestFolder } from "../support.js";
import { lessons } from "./lessons.js";

let folder: TestFolder;
beforeAll(async () => {
  folder = await TestFolder.create();
});
afterAll(() => folder.remove());

const allSolved = /^(?:✓ .*\n)+(\d+) of \1 solved\n$/;

test.each(lessons)(
  "%s: all solutions pass, and in the notebook to hand out nothing is tried",
  async (name) => {
    const solved = await folder.run(["check", resolve("notebooks/solutions", name)]);
    expect(solved.stdout).toMatch(allSolved);
    expect(solved.status).toBe(0);
    const untouched = await folder.run(["check", resolve("notebooks/exercises", name)]);
    expect(untouched.stdout).toMatch(/^(?:○ .*\n)+0 of \d+ solved\n$/);
    expect(untouched.status).toBe(1);
  },
  300_000,
);

test.each(lessons)(
  "%s: the notebook to hand out, filled in, passes",
  async (name) => {
    const [handedOut, solution] = await Promise.all(
      ["exercises", "solutions"].map((edition) => readNotebook(join("notebooks", edition, name))),
    );
    const cells = handedOut.cells.map((cell, i) => ({ ...cell, source: solution.cells[i].source }));
    expect(cells).not.toEqual(handedOut.cells);
    const filled = join(folder.path, name);
    await writeFile(filled, formatNotebook({ ...handedOut, cells }));
    const { stdout, status } = await folder.run(["check", filled]);
    expect(stdout).toMatch(allSolved);
    expect(status).toBe(0);
  },
  300_000,
);

test.each(lessons)(
  "%s: every cell of the author's notebook runs",
  async (name) => {
    const { status, stderr } = await folder.run(["run", "--out", "out", resolve("notebooks", name)]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
  },
  300_000,
);
