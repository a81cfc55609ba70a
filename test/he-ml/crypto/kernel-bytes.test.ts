import { expect, test } from "@jest/globals";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { compareBytes } from "./kernel-bytes.js";

const parameters = (coeffModulusBits: number[], polyModulusDegree = 1024) =>
  checkParameters({
    polyModulusDegree,
    coeffModulusBits,
    scaleBits: 20,
    weightScaleBits: 8,
    security: "teaching",
  });

// Thousands more, of every degree: see kernel-bytes.slow.ts.
test.each([
  ["doubles", parameters([45, 50, 40, 50]), undefined],
  ["doubles of 51 and 52 bits", parameters([52, 51, 52]), undefined],
  ["integers", parameters([45, 50, 40, 50]), "i64" as const],
  ["doubles under a special prime that takes integers", parameters([50, 45, 60]), undefined],
])("kernels on %s give SEAL's own bytes, whatever the operation", async (_, chain, kind) => {
  expect(await compareBytes(chain, kind, { seed: 1, numRuns: 30 })).toBe(30);
});
