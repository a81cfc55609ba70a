import { expect, test } from "@jest/globals";
import { chmod } from "node:fs/promises";
import { machineCosts } from "../../../../src/he-ml/node/calibration/machine-costs.js";
import {
  checkDamaged,
  checkOtherMachine,
  file,
  folder,
  parameters,
  read,
  withCosts,
} from "./machine-costs.js";

test.each([{ node: "20.0.0" }, { cpu: "another" }, { cores: 0 }])(
  "costs measured under %p are measured anew, and all of the old forgotten",
  checkOtherMachine,
);

test.each(["", "{", "null", "[]", withCosts({ rotate: "fast" }), withCosts({ rotate: undefined })])(
  "a damaged cache is ignored and written anew: %p",
  checkDamaged,
);

test("kernels are measured, and what is measured is kept", async () => {
  const costs = await machineCosts(parameters, file, "kernel");
  const { costs: kept } = await read();
  expect(Object.keys(kept)).toEqual(["kernel, 8192, 3 data primes"]);
  for (const [i, rotate] of costs.rotate.entries()) {
    expect(rotate).toBeGreaterThan(0);
    expect(costs.decompose[i] + costs.modDown[i]).toBeLessThanOrEqual(rotate);
  }
});

test("a folder in place of the cache, or one that is read only, does no harm", async () => {
  expect((await machineCosts(parameters, folder)).rotate).toHaveLength(2);
  await chmod(folder, 0o555);
  expect((await machineCosts(parameters, file, "seal")).rotate).toHaveLength(2);
  await chmod(folder, 0o755);
});
