import { expect, test } from "@jest/globals";
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { readNotebook } from "../../../src/notebook/runner/notebook-file.js";
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

test.each([...editions, "HE-ML_CKKS.ipynb"])("%s: links lead to files that are there", async (name) => {
  const path = join("notebooks", name);
  const { cells } = await readNotebook(path);
  const text = cells
    .flatMap(({ cell_type, source }) => (cell_type === "markdown" ? [source] : []))
    .join("\n");
  for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g))
    await access(join(dirname(path), target));
});
