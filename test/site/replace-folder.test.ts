import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { replaceFolder } from "../../src/site/replace-folder.js";
import { TestFolder } from "../notebook/support.js";

let folder: TestFolder;
beforeEach(async () => {
  folder = await TestFolder.create();
});
afterEach(() => folder.remove());

const at = (...names: string[]) => join(folder.path, ...names);
async function make(name: string): Promise<void> {
  await mkdir(at(name));
  await writeFile(at(name, "file"), name);
}

test("a folder takes the place of another, or of none", async () => {
  await make("fresh");
  await replaceFolder(at("fresh"), at("site"));
  await make("fresh");
  await writeFile(at("fresh", "file"), "again");
  await replaceFolder(at("fresh"), at("site"));
  expect(await readFile(at("site", "file"), "utf8")).toBe("again");
  expect(await readdir(folder.path)).toEqual(["site"]);
});

test("what was there is put back if the other cannot be moved", async () => {
  await make("site");
  await expect(replaceFolder(at("missing"), at("site"))).rejects.toThrow("ENOENT");
  expect(await readFile(at("site", "file"), "utf8")).toBe("site");
  expect(await readdir(folder.path)).toEqual(["site"]);
});
