import type { Explanation } from "../../src/he-ml/program/explain.js";
import { mnistSmall } from "./traces.js";

export const names = ["conv1+square1", "flatten+fc1+square2", "fc2"];
export const traces = [mnistSmall[1], mnistSmall[4], mnistSmall[5]].map((trace, i) => ({
  ...trace,
  name: names[i],
  images: 1,
  milliseconds: [31.4, 22, 3.21][i],
}));

/** What was told before that run, by hand. */
export const explanation: Explanation = {
  model: "mnist-small",
  packing: "packed",
  evaluator: "seal",
  parameters: {
    scheme: "ckks",
    polyModulusDegree: 8192,
    coeffModulusBits: [50, 60, 48, 60],
    scaleBits: 20,
    weightScaleBits: 16,
    security: 128,
  },
  stages: traces.map(({ name, kind, modelLayers, shape, before, level, scaleBits, ops }, i) => ({
    ...{ name, kind, modelLayers, shape, before, level, scaleBits, ops },
    ciphertexts: 1,
    slotsUsed: 256,
    diagonals: 16,
    predictedMilliseconds: [28, 25.2, 2.5][i],
    predictedError: [8e-4, 0.015, 0.03][i],
    predictedRmsError: [6e-4, 0.01, 0.02][i],
    predictedMaxError: [3e-3, 0.04, 0.04][i],
  })),
  totals: { predictedMilliseconds: 55.7, ops: traces[0].ops },
  relativeError: 0.01,
  rotationSteps: [1, 2],
  bytes: { input: 1, output: 1, evaluationKeys: 1 },
};
