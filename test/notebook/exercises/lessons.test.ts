import { expect, test } from "@jest/globals";
import { join } from "node:path";
import { checkedNames } from "../../../src/notebook/exercises/edition/checks-in.js";
import { hasSolution } from "../../../src/notebook/exercises/edition/solution-regions.js";
import { readNotebook } from "../../../src/notebook/runner/notebook-file.js";
import { followLinks } from "../markdown-links.js";
import { lessons } from "./lessons.js";

const longestCell = 30;

test.each(lessons)("%s: no cell of code is longer than 30 lines", async (name) => {
  const { cells } = await readNotebook(`notebooks/${name}`);
  const long = cells.filter(
    ({ cell_type, source }) => cell_type === "code" && source.split("\n").length > longestCell,
  );
  expect(long.map(({ id }) => id)).toEqual([]);
});

const functionsIn = (source: string): readonly string[] =>
  Array.from(source.matchAll(/^(?:async )?function (\w+)/gm), ([, name]) => name);

// So that whatever a check needs is there in the notebook to hand out, too, where solutions are stubs that throw.
test.each(lessons)("%s: no given cell above a check calls a solution", async (name) => {
  const { cells } = await readNotebook(`notebooks/${name}`);
  const code = cells.filter(({ cell_type }) => cell_type === "code");
  const solutions = code.filter(({ source }) => hasSolution(source));
  const solved = solutions.flatMap(({ source }) => functionsIn(source));
  expect(solved.length).toBeGreaterThanOrEqual(solutions.length);
  const lastCheck = code.findLastIndex((cell) => checkedNames(cell).length > 0);
  const given = code
    .slice(0, lastCheck)
    .filter((cell) => checkedNames(cell).length === 0 && !solutions.includes(cell));
  const calls = new RegExp(`(?<![.\\w])(?:${solved.join("|")})\\(`);
  expect(given.filter(({ source }) => calls.test(source)).map(({ id }) => id)).toEqual([]);
});

// `he-ml check` forgives any cell that throws, so a notebook that was filled in is to it the one with the solutions.
test.each(lessons)("%s: the notebook to hand out, filled in, is the solution but for a tag", async (name) => {
  const [handedOut, solution] = await Promise.all(
    ["exercises", "solutions"].map((edition) => readNotebook(join("notebooks", edition, name))),
  );
  const filled = handedOut.cells.map((cell, i) => {
    const { source } = solution.cells[i];
    return hasSolution(source) ? { ...cell, source } : cell;
  });
  const withoutTags = filled.map((cell) => ({
    ...cell,
    metadata: Object.fromEntries(Object.entries(cell.metadata).filter(([key]) => key !== "tags")),
  }));
  expect(filled).not.toEqual(handedOut.cells);
  expect(withoutTags).toEqual(solution.cells);
});

const editions = lessons.flatMap((name) =>
  ["", "exercises", "solutions"].map((folder) => join(folder, name)),
);

test.each([...editions, "HE-ML_CKKS.ipynb", "parameters.ipynb", "figures.ipynb"])(
  "%s: links lead to files and terms that are there",
  async (name) => {
    const path = join("notebooks", name);
    const { cells } = await readNotebook(path);
    const prose = cells.filter(({ cell_type }) => cell_type === "markdown").map(({ source }) => source);
    await followLinks(prose.join("\n"), path);
  },
);

test("lessons link words to the glossary, each where it comes first", async () => {
  const linked = await Promise.all(
    lessons.map(async (name) => {
      const { cells } = await readNotebook(`notebooks/${name}`);
      const text = cells.map(({ source }) => source).join("\n");
      return Array.from(text.matchAll(/GLOSSARY\.md#([^)]+)\)/g), ([, term]) => term);
    }),
  );
  expect(linked.flat().length).toBeGreaterThan(60);
  expect(linked.map((terms) => terms.filter((term, i) => terms.indexOf(term) < i))).toEqual(
    lessons.map(() => []),
  );
});
