import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { join } from "node:path";
// Worker threads load plain JavaScript, so figures are measured by what is built.
import { figures, measureFigure, runFigures } from "../../dist/figures/index.js";
import type { FigureData, Json, KeptSteps } from "../../dist/figures/index.js";
import { temporaryFolder } from "../cli/support.js";
import { checkOutputs } from "./outputs.js";

const options = { quick: true, seed: 11, repeats: 2 };
const data = new Map<string, FigureData>();

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => void (folder = await temporaryFolder()));
afterAll(() => folder.remove());

/** Keeps steps in memory, and gives back those that a name is chosen of. */
function keptSteps(steps: Map<string, Json>, chosen: (name: string) => boolean): KeptSteps {
  return {
    get: (name) => (chosen(name) ? steps.get(name) : undefined),
    put: (name, result) => Promise.resolve(void steps.set(name, result)),
  };
}

test.each(figures.map(({ name }) => name))(
  "%s, measured twice from a seed: the same exact data",
  async (name) => {
    const steps = new Map<string, Json>();
    const first = await measureFigure(name, { ...options, steps: keptSteps(steps, () => false) });
    // Repetitions, whose names end with their number, are not measured again: they take most of the time, and are not exact.
    const again = await measureFigure(name, {
      ...options,
      steps: keptSteps(steps, (step) => / \d+$/.test(step)),
    });
    expect(JSON.stringify(again.exact)).toBe(JSON.stringify(first.exact));
    data.set(name, first);
  },
  300_000,
);

test("the files of all figures are whole", async () => {
  const out = join(folder.path, "figures");
  const measured = figures.map((figure) => ({
    ...figure,
    measure: () => Promise.resolve(data.get(figure.name)!),
  }));
  await runFigures(measured, { ...options, out });
  await checkOutputs(
    out,
    figures.map(({ name }) => name),
  );
}, 300_000);
