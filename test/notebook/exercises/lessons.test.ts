import { expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { exercises } from "../../../src/notebook/exercises/all.js";
import { editionsOf } from "../../../src/notebook/exercises/edition/editions.js";
import { formatNotebook, readNotebook } from "../../../src/notebook/runner/notebook-file.js";
import { lessons } from "./lessons.js";

const longestCell = 30;

test.each(lessons)("%s: the committed exercise and solution notebooks are the author's", async (name) => {
  const editions = editionsOf(await readNotebook(`notebooks/${name}`), exercises, name)!;
  const committed = (folder: string) => readFile(`notebooks/${folder}/${name}`, "utf8");
  expect(await committed("exercises")).toBe(formatNotebook(editions.exercise));
  expect(await committed("solutions")).toBe(formatNotebook(editions.solution));
});

test.each(lessons)("%s: no cell of code is longer than 30 lines", async (name) => {
  const { cells } = await readNotebook(`notebooks/${name}`);
  const long = cells.filter(
    ({ cell_type, source }) => cell_type === "code" && source.split("\n").length > longestCell,
  );
  expect(long.map(({ id }) => id)).toEqual([]);
});
