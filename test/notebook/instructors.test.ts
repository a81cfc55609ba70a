import { expect, test } from "@jest/globals";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { exercises } from "../../src/notebook/exercises/all.js";
import { followLinks, headingsOf } from "./markdown-links.js";

const path = "notebooks/INSTRUCTORS.md";
const guide = await readFile(path, "utf8");

test("the guide has a part for every exercise, with its title and points", () => {
  const parts = Object.values(exercises).map(
    ({ id, title, points }) => `\`${id}\`: ${title}, ${points} ${points === 1 ? "point" : "points"}`,
  );
  expect(parts.filter((part) => !headingsOf(guide).includes(part))).toEqual([]);
});

test("what it quotes is what the checks say", async () => {
  const sayings = await sayingsOf(["src/notebook/exercises", "src/he-ml/toy-ckks"]);
  const quotes = Array.from(guide.matchAll(/\| “([^”]+)” \|/g), ([, quote]) => quote);
  expect(quotes.length).toBeGreaterThan(50);
  // What comes behind a colon may be a text of its own.
  const isSaid = (quote: string) =>
    [quote, quote.replace(/^…/, ""), quote.replace(/^…[:;] /, "")].some((text) =>
      sayings.some((saying) => saying.test(text)),
    );
  expect(quotes.filter((quote) => !isSaid(quote))).toEqual([]);
});

test("its links lead to files and headings that are there", () => followLinks(guide, path));

const fewestLetters = 5;

/** For each text in the sources of some folders that has some letters of its own, what it may read when it is filled in. */
async function sayingsOf(folders: readonly string[]): Promise<readonly RegExp[]> {
  const files = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(folder, { recursive: true })).map((name) => join(folder, name)),
    ),
  );
  const sources = await Promise.all(
    files.flat().map((file) => (file.endsWith(".ts") ? readFile(file, "utf8") : "")),
  );
  return sources.flatMap((source) =>
    Array.from(source.replace(/`\s*\+\s*`/g, "").matchAll(/`((?:\$\{[^}]*\}|[^`$])*)`|"([^"\n]*)"/g))
      .map(([, template, text]) => (template ?? text).split(/\$\{[^}]*\}/))
      .filter((words) => words.join("").replaceAll(/\P{Letter}/gu, "").length >= fewestLetters)
      .map(
        (words) =>
          new RegExp(`^${words.map((word) => word.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&")).join(".*")}$`),
      ),
  );
}
