import { expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import {
  costsFile,
  machineCosts,
  thisMachine,
} from "../../../../src/he-ml/node/calibration/machine-costs.js";
import { checkParameters } from "../../../../src/he-ml/crypto/parameters.js";
import {
  costlyOperations,
  costsOf,
  typicalCosts,
  typicalCostsUnder,
  type PrimitiveCosts,
} from "../../../../src/he-ml/planner/search/costs.js";
import { measureCosts } from "../../../../src/he-ml/calibration/measure-costs.js";
import {
  checkDamaged,
  checkOtherMachine,
  file,
  folder,
  key,
  made,
  other,
  parameters,
  read,
  spec,
  withCosts,
  write,
} from "./machine-costs.js";

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
  const measured = await machineCosts(parameters, file, "seal");
  expect(await read()).toEqual({ machine: thisMachine(), costs: { [key]: measured } });
  await write({ machine: thisMachine(), costs: { [key]: made } });
  expect(await machineCosts(parameters, file, "seal")).toEqual(made);
  const more = await machineCosts(other, file, "seal");
  expect((await read()).costs).toEqual({ [key]: made, "seal, 1024, 3 data primes": more });
});

test("kernels are measured once, under fast primes; other parameters cost in proportion, by their primes", async () => {
  const twice = (costs: PrimitiveCosts) =>
    costsOf(costs.polyModulusDegree, (operation) => costs[operation].map((cost) => 2 * cost));
  const measured = twice(typicalCosts(8192, 3, "kernel"));
  await write({ machine: thisMachine(), costs: { "kernel, 8192, 3 data primes": measured } });
  for (const each of [parameters, checkParameters({ ...spec(), coeffModulusBits: [60, 52, 60] })]) {
    const costs = await machineCosts(each, file, "kernel");
    const expected = twice(typicalCostsUnder(each, "kernel"));
    for (const operation of costlyOperations) {
      costs[operation].forEach((cost, i) => expect(cost).toBeCloseTo(expected[operation][i], 9));
    }
  }
});

// Other machines, other damage and other places: see machine-costs.slow.ts.
test("costs measured under another SEAL are measured anew, and all of the old forgotten", () =>
  checkOtherMachine({ seal: "0.0.1" }));

test("a damaged cache, with too few costs, is ignored and written anew", () =>
  checkDamaged(withCosts({ rotate: [1e6] })));

test("a place beyond a file, which cannot be written, does no harm", async () => {
  const blocked = join(folder, "file");
  await writeFile(blocked, "in the way");
  expect((await machineCosts(parameters, join(blocked, "costs.json"), "seal")).rotate).toHaveLength(2);
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
