import { expect, test } from "@jest/globals";
import { createLanguage } from "../../src/notebook/browser/language.js";
import { isToRun, readNotebook } from "../../src/notebook/runner/notebook-file.js";
import { course } from "../../src/site/course.js";
import { typesOfCells } from "../../src/site/kernel-types.js";
import { browserExports } from "../../src/site/library-bundle.js";

/** It imports what the editions for browsers do not have. */
const BEYOND: readonly string[] = ["HE-ML_CKKS"];

const types = await typesOfCells();
const editions = (await browserExports()).map((subpath) => subpath.replace(/^\./, "he-ml"));

/** Whether an error says no more than that an export of the package has no edition for browsers. */
function lacksEdition(message: string): boolean {
  const name = /^Cannot find module '(he-ml\/[^']+)'/.exec(message)?.[1];
  return name !== undefined && !editions.includes(name);
}

test.each(course.filter((name) => !BEYOND.includes(name)))(
  "the cells of %s have no type errors with what a page knows",
  async (name) => {
    const { cells } = await readNotebook(`notebooks/${name}.ipynb`);
    const language = createLanguage(types);
    for (const { source } of cells.filter(isToRun)) {
      const errors = language.diagnostics(source).filter(({ message }) => !lacksEdition(message));
      expect(errors.map(({ message }) => `${message}\n${source}`)).toEqual([]);
      language.cellRan(source);
    }
  },
);
