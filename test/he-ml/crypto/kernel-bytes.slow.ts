import { expect, test } from "@jest/globals";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { compareBytes } from "./kernel-bytes.js";

const chains: readonly (readonly [degree: number, bits: readonly number[], runs: number])[] = [
  [1024, [24, 20, 24], 150],
  [1024, [45, 50, 40, 50], 150],
  [1024, [60, 30, 55, 25, 60], 150],
  [2048, [50, 49, 50], 200],
  [4096, [36, 36, 37], 200],
  [8192, [50, 50, 50, 50], 150],
  [8192, [50, 60, 48, 60], 150],
  [8192, [52, 51, 52, 52], 100],
  [8192, [49, 50, 49, 60], 150],
  [16384, [50, 40, 40, 40, 40, 50], 15],
  [32768, [50, 50, 60, 40, 50, 50, 50, 60], 15],
];

test.each(chains.flatMap((chain) => [[...chain, undefined] as const, [...chain, "i64"] as const]))(
  "N = %i, primes of %j bits, %i results, kind %s: SEAL's own bytes",
  async (polyModulusDegree, bits, numRuns, kind) => {
    const parameters = checkParameters({
      polyModulusDegree,
      coeffModulusBits: [...bits],
      scaleBits: 8,
      weightScaleBits: 4,
      security: "teaching",
    });
    expect(await compareBytes(parameters, kind, { seed: polyModulusDegree, numRuns })).toBe(numRuns);
  },
  600_000,
);
