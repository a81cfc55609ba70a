import { describe, test } from "@jest/globals";
import * as fc from "fast-check";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { openClear, openSeal, randomTensor } from "../support.js";
import { checkOnSeal, checkOnTwin } from "./layer-checks.js";

export const deepParameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [60, 40, 40, 40, 40, 40, 60],
  scaleBits: 40,
  security: "teaching",
});
const deepLazyParameters = checkParameters({
  polyModulusDegree: 1024,
  coeffModulusBits: [50, 60, 60, 48, 60],
  scaleBits: 22,
  weightScaleBits: 16,
  security: "teaching",
});
const chains = [
  ["one rescale a product", deepParameters],
  ["lazy rescaling", deepLazyParameters],
] as const;

const coefficient = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -20, max: 20 }).map((tenths) => tenths / 10) },
  fc.constantFrom(0, 0.001, -0.001, 7),
);
const coefficients = (maxDegree: number) => fc.array(coefficient, { minLength: 2, maxLength: maxDegree + 1 });

/** So many random polynomials are the plain ones. */
export function describePolynomials({
  seed,
  onTwin,
  onSeal,
}: Record<"seed" | "onTwin" | "onSeal", number>): void {
  describe.each(chains)("polynomials under %s", (_, parameters) => {
    test("of random degrees up to 15 are the plain ones on the clear twin, and stand where they should", () => {
      const side = openClear(parameters);
      fc.assert(
        fc.property(coefficients(15), fc.nat(999), (c, seed) => {
          const layer = polynomialLayer({ coefficients: c });
          checkOnTwin(side, { layer, batch: randomTensor([3, 2], seed), packing: "batch" });
        }),
        { seed, numRuns: onTwin },
      );
    });

    test("of random degrees up to 9 are the plain ones on SEAL, in both packings", async () => {
      const [seal, clear] = [await openSeal(parameters), openClear(parameters)];
      fc.assert(
        fc.property(coefficients(9), fc.nat(999), fc.constantFrom("batch", "scalar"), (c, seed, packing) => {
          const layer = polynomialLayer({ coefficients: c });
          checkOnSeal(seal, clear, { layer, batch: randomTensor([2, 1], seed), packing });
        }),
        { seed: seed + 1, numRuns: onSeal, endOnFailure: true },
      );
    });
  });
}
