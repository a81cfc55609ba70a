import { expect, test } from "@jest/globals";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { heMl } from "./he-ml.js";
import { temporaryFolder, waves } from "./support.js";

/** The commands of the README's own example, their files in a folder. */
async function readmeCommands(folder: string): Promise<string[][]> {
  const [, block] = /```sh\n(npx he-ml train --data[\s\S]*?)```/.exec(await readFile("README.md", "utf8"))!;
  const inFolder = (word: string) => (/\.csv$|^out\//.test(word) ? join(folder, word) : word);
  return block
    .trim()
    .split("\n")
    .map((line) => line.split(" ").slice(2).map(inFolder));
}

test("the README's example with data of one's own: trained, and classified while encrypted", async () => {
  const folder = await temporaryFolder();
  const kinds = ["setosa", "versicolor", "virginica"];
  const noise = waves(450, 0.4);
  const rows = Array.from({ length: 150 }, (_, i) =>
    [5 + (i % 3), 1 + 2 * (i % 3), 0.2 + (i % 3)].map((mean, feature) => mean + noise[3 * i + feature]),
  );
  const line = (row: readonly number[], i: number) => [...row, kinds[i % 3]].join(",");
  await writeFile(join(folder.path, "flowers.csv"), ["a,b,c,species", ...rows.map(line)].join("\n"));
  // Columns in another order, and one that nobody asked for.
  const fresh = rows.slice(0, 6).map(([a, b, c], i) => [c, "x", kinds[i % 3], b, a].join(","));
  await writeFile(join(folder.path, "new-flowers.csv"), ["c,note,species,b,a", ...fresh].join("\n"));
  const [train, infer] = await readmeCommands(folder.path);
  expect(await heMl(train)).toMatchObject({ status: 0, stderr: "" });
  const { status, stdout, stderr } = await heMl([...infer, "--json"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const { results, classNames } = JSON.parse(stdout) as InferenceReport;
  expect(results.map(({ label }) => label)).toEqual([0, 1, 2, 0, 1, 2]);
  expect(results.map(({ predicted }) => classNames![predicted])).toEqual([...kinds, ...kinds]);
  const card = await readFile(join(folder.path, "out/flowers/card.md"), "utf8");
  expect(card).toContain("--data flowers.csv --label species");
  expect(card).toContain("| a | ");
  const both = await heMl([...train, "--dataset", "mnist"]);
  expect(both.stderr).toMatch(/--data takes the place of a dataset/);
  await folder.remove();
}, 300_000);

test("--data and --label go together", async () => {
  for (const args of [
    ["--data", "x.csv"],
    ["--label", "y"],
  ]) {
    const { status, stderr } = await heMl(["train", "--out", "none", ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/--data X.csv and --label COLUMN go together/);
  }
});
