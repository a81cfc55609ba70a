import { expect, test } from "@jest/globals";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { contributingOf, readmeOf } from "../scripts/house.mjs";

interface Folder {
  readonly folder: string;
  readonly rooms?: readonly Folder[];
}
const { floors, around, ground } = createRequire(import.meta.url)("../house.cjs") as {
  readonly floors: readonly Folder[];
  readonly around: readonly Folder[];
  readonly ground: readonly string[];
};

async function entries(path: string): Promise<{ folders: string[]; files: string[] }> {
  const found = await readdir(path, { withFileTypes: true });
  const names = (isFolder: boolean) =>
    found.filter((entry) => entry.isDirectory() === isFolder).map(({ name }) => name);
  return { folders: names(true).sort(), files: names(false).sort() };
}
const names = (folders: readonly Folder[]) => folders.map(({ folder }) => folder).sort();

// Run `npm run update:house` after a change of house.cjs.
test("the README draws the house as lint enforces it, and CONTRIBUTING.md tells its arrows", async () => {
  const [readme, contributing] = await Promise.all(
    ["README.md", "CONTRIBUTING.md"].map((file) => readFile(file, "utf8")),
  );
  expect(readme).toBe(readmeOf(readme));
  expect(contributing).toBe(contributingOf(contributing));
});

test("each folder of the source has its line, and each line its folder", async () => {
  expect((await entries("src")).folders).toEqual([...names(around), "he-ml"].sort());
  const library = await entries("src/he-ml");
  expect(library.folders).toEqual(names(floors));
  expect(library.files).toEqual([...ground.map((name) => `${name}.ts`), "GLOSSARY.md", "index.ts"].sort());
  for (const { folder, rooms } of floors) {
    if (rooms) expect((await entries(`src/he-ml/${folder}`)).folders).toEqual(names(rooms));
  }
});
