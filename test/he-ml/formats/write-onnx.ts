import { expect } from "@jest/globals";
import fc from "fast-check";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { writeOnnx } from "../../../src/he-ml/formats/onnx/write.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { errorStatistics } from "../../../src/he-ml/tensor/error-statistics.js";
import { maxAbs, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { randomTensor } from "./onnx-support.js";
import { randomModel } from "./random-models.js";

/** Powers of powers lose a few more digits in float32 than sums do. */
function expectClose(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const { maxAbs: error } = errorStatistics(actual, expected);
  expect(error).toBeLessThanOrEqual(1e-4 * Math.max(1, maxAbs(expected.data)));
}

/** So many random models mean the same when they are written and read, and to onnxruntime. */
export async function checkWrittenModels(count: number): Promise<void> {
  const property = fc.asyncProperty(randomModel, fc.nat(), async (drawn, seed) => {
    const bytes = writeOnnx(drawn);
    const images = randomTensor([2, ...drawn.inputShape], seed);
    const expected = modelForward(drawn, images).at(-1)!;
    expectClose(modelForward(readOnnx(bytes), images).at(-1)!, expected);
    expectClose(await runOnnx(bytes, images), expected);
  });
  await fc.assert(property, { numRuns: count, seed: 1 });
}
