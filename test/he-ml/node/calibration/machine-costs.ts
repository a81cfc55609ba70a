import { afterEach, beforeEach, expect } from "@jest/globals";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { machineCosts, thisMachine } from "../../../../src/he-ml/node/calibration/machine-costs.js";
import { checkParameters } from "../../../../src/he-ml/crypto/parameters.js";
import type { PrimitiveCosts } from "../../../../src/he-ml/planner/search/costs.js";

export const parameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [40, 30, 40],
  scaleBits: 20,
  security: "teaching",
});
export const other = checkParameters({ ...spec(), coeffModulusBits: [40, 30, 30, 40] });
export function spec() {
  return { polyModulusDegree: 1024, scaleBits: 20, security: "teaching" } as const;
}

interface Cache {
  machine: ReturnType<typeof thisMachine>;
  costs: Record<string, PrimitiveCosts>;
}

export let folder: string;
export let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "he-ml-costs-"));
  file = join(folder, "nested", "costs.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

export const read = async () => JSON.parse(await readFile(file, "utf8")) as Cache;
export const write = async (cache: unknown) => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof cache === "string" ? cache : JSON.stringify(cache));
};

/** Costs that nobody measures, to tell what was read from what was measured. */
export const made: PrimitiveCosts = {
  polyModulusDegree: 1024,
  rotate: [1e6, 2e6],
  decompose: [0, 0],
  modDown: [0, 0],
  relinearize: [1, 2],
  square: [1, 2],
  multiplyPlain: [1, 2],
  add: [1, 2],
  rescale: [0, 2],
};
export const key = "seal, 1024, 2 data primes";

/** Costs of a machine that differs so are measured anew, and all of the old forgotten. */
export async function checkOtherMachine(difference: object): Promise<void> {
  const machine = { ...thisMachine(), ...difference };
  await write({ machine, costs: { [key]: made, "seal, 8192, 3 data primes": made } });
  const measured = await machineCosts(parameters, file, "seal");
  expect(measured.rotate[0]).toBeLessThan(1e6);
  expect(await read()).toEqual({ machine: thisMachine(), costs: { [key]: measured } });
}

/** A cache that holds this is ignored and written anew. */
export async function checkDamaged(content: string): Promise<void> {
  await write(content);
  const measured = await machineCosts(parameters, file, "seal");
  expect(measured.rotate).toHaveLength(2);
  expect(Math.min(...measured.rotate)).toBeGreaterThan(0);
  expect(measured.rotate[0]).toBeLessThan(1e6);
  expect((await read()).costs[key]).toEqual(measured);
}

/** Such costs in the cache of this machine. */
export const withCosts = (costs: object) =>
  JSON.stringify({ machine: thisMachine(), costs: { [key]: { ...made, ...costs } } });
