import { expect, test } from "@jest/globals";
import { join } from "node:path";
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
