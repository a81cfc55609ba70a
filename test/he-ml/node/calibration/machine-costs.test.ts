import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import {
  costsFile,
  machineCosts,
  thisMachine,
} from "../../../../src/he-ml/node/calibration/machine-costs.js";
import { measureCosts } from "../../../../src/he-ml/calibration/measure-costs.js";
import { checkParameters } from "../../../../src/he-ml/crypto/parameters.js";
import type { PrimitiveCosts } from "../../../../src/he-ml/planner/search/costs.js";

const parameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [40, 30, 40],
  scaleBits: 20,
  security: "teaching",
});
const other = checkParameters({ ...spec(), coeffModulusBits: [40, 30, 30, 40] });
function spec() {
  return { polyModulusDegree: 1024, scaleBits: 20, security: "teaching" } as const;
}

interface Cache {
  machine: ReturnType<typeof thisMachine>;
  costs: Record<string, PrimitiveCosts>;
}

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "he-ml-costs-"));
  file = join(folder, "nested", "costs.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = async () => JSON.parse(await readFile(file, "utf8")) as Cache;
const write = async (cache: unknown) => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, typeof cache === "string" ? cache : JSON.stringify(cache));
};

/** Costs that nobody measures, to tell what was read from what was measured. */
const made: PrimitiveCosts = {
  polyModulusDegree: 1024,
  rotate: [1e6, 2e6],
  relinearize: [1, 2],
  square: [1, 2],
  multiplyPlain: [1, 2],
  add: [1, 2],
  rescale: [0, 2],
};
const key = "1024, 2 data primes";

test("every operation has a cost at every level", async () => {
  const { polyModulusDegree, ...costs } = await measureCosts(parameters);
  expect(polyModulusDegree).toBe(1024);
  for (const [operation, byLevel] of Object.entries(costs)) {
    expect(byLevel).toHaveLength(2);
    expect(byLevel.every((cost) => Number.isFinite(cost))).toBe(true);
    if (operation === "rotate") expect(Math.min(...byLevel)).toBeGreaterThan(0);
  }
  expect(costs.rescale[0]).toBe(0);
});

test("measured costs are written, and read again; those of other parameters stand beside them", async () => {
  const measured = await machineCosts(parameters, file);
  expect(await read()).toEqual({ machine: thisMachine(), costs: { [key]: measured } });
  await write({ machine: thisMachine(), costs: { [key]: made } });
  expect(await machineCosts(parameters, file)).toEqual(made);
  const more = await machineCosts(other, file);
  expect((await read()).costs).toEqual({ [key]: made, "1024, 3 data primes": more });
});

test.each([{ seal: "0.0.1" }, { node: "20.0.0" }, { cpu: "another" }, { cores: 0 }])(
  "costs measured under %p are measured anew, and all of the old forgotten",
  async (difference) => {
    const machine = { ...thisMachine(), ...difference };
    await write({ machine, costs: { [key]: made, "8192, 3 data primes": made } });
    const measured = await machineCosts(parameters, file);
    expect(measured.rotate[0]).toBeLessThan(1e6);
    expect(await read()).toEqual({ machine: thisMachine(), costs: { [key]: measured } });
  },
);

test.each([
  "",
  "{",
  "null",
  "[]",
  JSON.stringify({ machine: thisMachine(), costs: { [key]: { ...made, rotate: "fast" } } }),
  JSON.stringify({ machine: thisMachine(), costs: { [key]: { ...made, rotate: undefined } } }),
  JSON.stringify({ machine: thisMachine(), costs: { [key]: { ...made, rotate: [1e6] } } }),
])("a damaged cache is ignored and written anew: %p", async (content) => {
  await write(content);
  const measured = await machineCosts(parameters, file);
  expect(measured.rotate).toHaveLength(2);
  expect(Math.min(...measured.rotate)).toBeGreaterThan(0);
  expect(measured.rotate[0]).toBeLessThan(1e6);
  expect((await read()).costs[key]).toEqual(measured);
});

test("a place that cannot be written does no harm", async () => {
  const blocked = join(folder, "file");
  await writeFile(blocked, "in the way");
  for (const place of [join(blocked, "costs.json"), folder]) {
    expect((await machineCosts(parameters, place)).rotate).toHaveLength(2);
  }
  await chmod(folder, 0o555);
  expect((await machineCosts(parameters, file)).rotate).toHaveLength(2);
  await chmod(folder, 0o755);
});

test("the cache lies where the user keeps caches", () => {
  const before = process.env.XDG_CACHE_HOME;
  try {
    process.env.XDG_CACHE_HOME = folder;
    expect(costsFile()).toBe(join(folder, "he-ml", "costs.json"));
    for (const none of [undefined, "", "relative/cache"]) {
      if (none === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = none;
      expect(costsFile()).toMatch(/\.cache.he-ml.costs\.json$/);
      expect(isAbsolute(costsFile())).toBe(true);
    }
  } finally {
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  }
});
