import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { measure } from "../../src/figures/measure-figure.js";
import { StepFile, type StepsOf } from "../../src/figures/step-file.js";
import { temporaryFolder } from "../cli/support.js";
import { countedFigure } from "./tiny-figure.js";

const of: StepsOf = {
  ...{ figure: "counted", quick: true, seed: 1, repeats: 2 },
  versions: { "he-ml": "0.1.0", node: "24.21.0", "node-seal": "7.0.0" },
  machine: { cpu: "a", cores: 2, memory_bytes: 2 ** 34, system: "linux" },
  commit: { id: "0".repeat(40), changes: null },
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => void (folder = await temporaryFolder()));
afterEach(() => folder.remove());

/** A run whose third part fails: two are kept. */
async function interrupted(): Promise<void> {
  const { figure } = countedFigure("counted", 2);
  const steps = await StepFile.open(folder.path, of);
  await expect(measure(figure, { steps })).rejects.toThrow("broken");
}

async function partsRun(other: StepsOf = of, options = {}): Promise<string[]> {
  const { figure, calls } = countedFigure("counted");
  const steps = await StepFile.open(folder.path, other, options);
  const { exact } = await measure(figure, { steps });
  expect(exact).toEqual({ drawn: [0, 1, 2, 3], squares: [0, 1, 4, 9] });
  return calls;
}

const all = ["part 0", "part 1", "part 2", "part 3"];

test("of an interrupted run, the parts that were done are taken, and no more", async () => {
  await interrupted();
  expect(await partsRun()).toEqual(all.slice(2));
  expect(await partsRun()).toEqual([]);
});

test.each([
  ["seed", { seed: 2 }],
  ["repeats", { repeats: 3 }],
  ["quick", { quick: false }],
  ["version", { versions: { ...of.versions, "he-ml": "0.1.1" } }],
  ["commit", { commit: { id: "1".repeat(40), changes: null } }],
  ["uncommitted changes", { commit: { ...of.commit!, changes: "0123456789ab" } }],
  ["machine", { machine: { ...of.machine, cpu: "b" } }],
])("those of another %s are left alone", async (_, other) => {
  await interrupted();
  expect(await partsRun({ ...of, ...other })).toEqual(all);
  expect(await partsRun()).toEqual(all.slice(2));
});

test("a fresh run takes none", async () => {
  await interrupted();
  expect(await partsRun(of, { fresh: true })).toEqual(all);
});

test("a file that is damaged, or was renamed, counts as none", async () => {
  await interrupted();
  const [name] = await readdir(folder.path);
  const file = join(folder.path, name);
  const whole = await readFile(file, "utf8");
  for (const damaged of [
    whole.slice(0, -20),
    "",
    whole.replace('"seed":1', '"seed":2'),
    '{"run":null,"steps":[]}',
  ]) {
    await writeFile(file, damaged);
    expect((await StepFile.open(folder.path, of)).count).toBe(0);
  }
});

test("nothing is made before the first step, and nothing stays when it is taken away", async () => {
  const place = join(folder.path, ".steps");
  const steps = await StepFile.open(place, of);
  expect(await readdir(folder.path)).toEqual([]);
  await steps.put("a", 1);
  expect(await readdir(place)).toEqual([expect.stringMatching(/^counted-[0-9a-f]{12}\.json$/)]);
  await steps.remove();
  expect(await readdir(folder.path)).toEqual([]);
});
