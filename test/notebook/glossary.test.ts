import { expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { slug } from "../../src/notebook/html/slug.js";
import { lessons } from "./exercises/lessons.js";
import { followLinks, headingsOf } from "./markdown-links.js";

const path = "notebooks/GLOSSARY.md";
const glossary = await readFile(path, "utf8");
/** A part for each term: its heading, then what it means. */
const entries = glossary.split(/^## /m).slice(1);
const terms = headingsOf(glossary).slice(1);

test("terms stand in order, and each has an anchor on code hosts, which JupyterLab makes, too", () => {
  expect(terms.length).toBeGreaterThan(40);
  expect(terms).toEqual([...new Set(terms)].sort());
  // JupyterLab keeps capitals and all signs.
  expect(terms.map(slug)).toEqual(terms.map((term) => term.replaceAll(" ", "-")));
});

test.each(terms.map((term, i) => [term, entries[i]]))("%s: names a lesson that is there", (term, entry) => {
  expect(entry.startsWith(`${term}\n`)).toBe(true);
  const links = Array.from(entry.matchAll(/\[(\d+)\]\((\d\d-[^)]*\.ipynb)\)/g));
  const named = links.flatMap(([, number, file]) =>
    Number(file.slice(0, 2)) === Number(number) ? [file] : [],
  );
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((file) => !lessons.includes(file))).toEqual([]);
});

test("its links lead to files and headings that are there", () => followLinks(glossary, path));

test("no term is explained in the library's glossary again", async () => {
  const library = await readFile("src/he-ml/GLOSSARY.md", "utf8");
  const explained = Array.from(library.matchAll(/\*\*([^*]+)\*\*:/g), ([, term]) => term.toLowerCase());
  expect(explained.length).toBeGreaterThan(20);
  expect(explained.filter((term) => terms.includes(term))).toEqual([]);
  await followLinks(library, "src/he-ml/GLOSSARY.md");
});
