import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

interface Training {
  readonly seed: number;
}

const { trainings } = JSON.parse(readFileSync("models/lenet1-tanh/repeated-trainings.json", "utf8")) as {
  trainings: readonly Training[];
};

test("a seed gives what was written of it", async () => {
  const { trainedFrom } = (await import(pathToFileURL("scripts/repeat-trainings.mjs").href)) as {
    trainedFrom: (seed: number) => Promise<Training>;
  };
  const [first] = trainings;
  expect(await trainedFrom(first.seed)).toEqual(first);
}, 600_000);
