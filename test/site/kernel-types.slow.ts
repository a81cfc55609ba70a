import { expect, test } from "@jest/globals";
import { createLanguage } from "../../src/notebook/browser/language.js";
import { isToRun, readNotebook } from "../../src/notebook/runner/notebook-file.js";
import { course } from "../../src/site/course.js";
import { typesOfCells } from "../../src/site/kernel-types.js";

const types = await typesOfCells();

test.each(course)("the cells of %s have no type errors with what a page knows", async (name) => {
  const { cells } = await readNotebook(`notebooks/${name}.ipynb`);
  const language = createLanguage(types);
  for (const { source } of cells.filter(isToRun)) {
    expect(language.diagnostics(source).map(({ message }) => `${message}\n${source}`)).toEqual([]);
    language.cellRan(source);
  }
});
