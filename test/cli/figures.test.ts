import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { heMl } from "./he-ml.js";
import { temporaryFolder } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => void (folder = await temporaryFolder()));
afterAll(() => folder.remove());

test("--list names the figures with their titles, also as JSON", async () => {
  const { status, stdout } = await heMl(["figures", "--list"]);
  const listed = JSON.parse((await heMl(["figures", "--list", "--json"])).stdout) as Record<string, string>[];
  expect(status).toBe(0);
  expect(listed.length).toBeGreaterThan(0);
  const lines = stdout.trim().split("\n");
  expect(lines.map((line) => line.split(/ {2,}/))).toEqual(listed.map(({ name, title }) => [name, title]));
});

test("a figure that there is not is refused with those that there are", async () => {
  const { status, stdout, stderr } = await heMl(["figures", "error-per-layer", "errors"]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(
    /^he-ml: figures: there is no figure "errors"; give some of [^\n]*error-per-layer[^\n]*, or none for all\n$/,
  );
});

test("a place that cannot be written to is refused before anything is measured", async () => {
  const file = join(folder.path, "file");
  await writeFile(file, "");
  const { status, stderr } = await heMl(["figures", "--quick", "--out", file]);
  expect(status).toBe(2);
  expect(stderr).toMatch(/^he-ml: --out: "[^"]+" cannot be written: [^\n]+; choose another path\n$/);
});

test.each([
  ["--seed", "0"],
  ["--seed", "2147483647"],
  ["--repeats", "0"],
  ["--repeats", "x"],
])("%s %s is refused", async (option, value) => {
  const { status, stderr } = await heMl(["figures", option, value]);
  expect(status).toBe(2);
  expect(stderr).toMatch(/Expected a whole number from 1 to \d+\.\n$/);
});
