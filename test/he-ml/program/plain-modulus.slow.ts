import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { CoefficientBounds } from "../../../src/he-ml/crypto/bfv/coefficient-bounds.js";
import { checkBfvParameters } from "../../../src/he-ml/crypto/bfv/parameters.js";
import { encodeLayer } from "../../../src/he-ml/layers/encode.js";
import { averagePoolLayer } from "../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel, modelForward, type Model } from "../../../src/he-ml/model/model.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { valueRanges, type ValueRange } from "../../../src/he-ml/model/value-range.js";
import { buildFromModel } from "../../../src/he-ml/program/build-from-model.js";
import { checkPlainModulus, CoefficientOverflowError } from "../../../src/he-ml/program/plain-modulus.js";
import { openBfv } from "../crypto/bfv/support.js";
import { maxAbsDifference, randomTensor, thrownBy } from "../support.js";

/** 300 bits of data primes, where p may be as large as one likes. */
const withModulus = (base: number, plainModulus: number) =>
  checkBfvParameters({
    scheme: "bfv",
    polyModulusDegree: 1024,
    coeffModulusBits: [60, 60, 60, 60, 60, 60],
    security: "teaching",
    base,
    plainModulus,
  });

/** The least plain modulus that is named where next to nothing is held. */
function leastFor(base: number, model: Model, ranges: readonly ValueRange[]): number {
  const parameters = withModulus(base, base + 1);
  const he = new CoefficientBounds(parameters);
  const layers = model.layers.map((layer) => encodeLayer(he, layer));
  const error = thrownBy(() => checkPlainModulus(layers, model, parameters, { valueRanges: ranges }));
  if (error === undefined) return base;
  expect(error).toBeInstanceOf(CoefficientOverflowError);
  return (error as CoefficientOverflowError).leastPlainModulus;
}

test("networks under the least plain modulus that is named are right", async () => {
  const layer = fc.constantFrom("convolutional", "square", "averagePool", "polynomial");
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(layer, { minLength: 1, maxLength: 2 }),
      fc.nat(1000),
      fc.constantFrom(2, 3, 8),
      async (kinds, seed, base) => {
        const model = drawn(kinds, seed);
        const batch = randomTensor([1, 1, 4, 4], seed + 1);
        const outputs = modelForward(model, batch);
        const ranges = valueRanges(model, batch, outputs);
        const leastPlainModulus = leastFor(base, model, ranges);
        const side = await openBfv(withModulus(base, leastPlainModulus + 1));
        const layers = buildFromModel(side.he, model, { valueRanges: ranges });
        const output = side.decrypt(layers(side.encrypt(batch)));
        expect(maxAbsDifference(output.data, outputs.at(-1)!.data)).toBeLessThan(1e-5);
      },
    ),
    { numRuns: 25, seed: 3 },
  );
});

function drawn(kinds: readonly string[], seed: number): Model {
  return defineModel({
    name: "drawn",
    inputShape: [1, 4, 4],
    layers: [
      ...kinds.map((kind) => {
        if (kind === "convolutional") {
          return convolutionalLayer({ name: kind, weights: randomTensor([1, 1, 2, 2], seed) });
        }
        if (kind === "square") return squareLayer({ name: kind });
        if (kind === "averagePool") return averagePoolLayer({ name: kind, kernelSize: 2, stride: 1 });
        return polynomialLayer({ name: kind, coefficients: Array.from(randomTensor([3], seed).data) });
      }),
      flattenLayer({ name: "flat" }),
      linearLayer({
        name: "fc",
        weights: randomTensor([1, sizeAfter(kinds)], seed),
        bias: randomTensor([1], seed),
      }),
    ],
  });
}

const sizeAfter = (kinds: readonly string[]) =>
  (4 - kinds.filter((kind) => kind === "convolutional" || kind === "averagePool").length) ** 2;
