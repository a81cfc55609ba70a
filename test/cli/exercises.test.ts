import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { authorNotebook } from "../notebook/exercises/author-notebook.js";
import { TestFolder } from "../notebook/support.js";
import { heMl } from "./he-ml.js";

let folder: TestFolder;
beforeAll(async () => {
  folder = await TestFolder.create();
  await writeFile(join(folder.path, "01-three.ipynb"), authorNotebook());
  await mkdir(join(folder.path, "none"));
});
afterAll(() => folder.remove());

const at = (path: string) => join(folder.path, path);

test("he-ml exercises writes both notebooks beside the author's, and the same ones again", async () => {
  const made = await heMl(["exercises", at("01-three.ipynb")]);
  const paths = [at("exercises/01-three.ipynb"), at("solutions/01-three.ipynb")];
  expect(made).toEqual({ status: 0, stdout: paths.map((path) => `${path}\n`).join(""), stderr: "" });
  const before = await Promise.all(paths.map((path) => readFile(path, "utf8")));
  await heMl(["exercises", at("solutions/01-three.ipynb")]);
  expect(await readFile(at("solutions/exercises/01-three.ipynb"), "utf8")).toBe(before[0]);
  expect(await readFile(at("solutions/solutions/01-three.ipynb"), "utf8")).toBe(before[1]);
});

test("exercises, check and grade refuse what they cannot use, in one line", async () => {
  const plain = await folder.notebook("plain", ["1 + 1"]);
  expect(await heMl(["exercises", plain])).toMatchObject({ status: 0, stdout: `${plain}: no exercises\n` });
  const open = await folder.notebook("open", ["  // BEGIN SOLUTION", "await check.overflow(f)"]);
  const refusals: [string[], RegExp][] = [
    [["exercises", open], /cell id-1: expected \/\/ END SOLUTION/],
    [["check", at("missing.ipynb")], /there is no notebook/],
    [["check", plain], /has no exercise/],
    [["check"], /missing required argument/],
    [["grade", at("missing")], /cannot be read \(ENOENT\)/],
    [["grade", at("none")], /expected notebooks, or a folder for each student/],
    [["grade", folder.path, "--assignment", plain], /is no exercise notebook/],
    [["grade", folder.path, "--memory", "1"], /Expected a whole number/],
  ];
  for (const [args, says] of refusals) {
    const { status, stdout, stderr } = await heMl(args);
    expect({ args, status, stdout }).toEqual({ args, status: 2, stdout: "" });
    expect(stderr).toMatch(/^he-ml: [^\n]*\n$/);
    expect(stderr).toMatch(says);
  }
});
