import { expect, test } from "@jest/globals";
// Committed models and test images are read as they are built.
import { compile, infer, loadModel, maxAbs } from "../../../dist/he-ml/node/index.js";
import { loadTestImages } from "../../../dist/train/index.js";

test.each(["mnist-small", "lenet1"])(
  "%s with a relative error of 0.2 %% asked for: 20 real digits show less, on the kernel evaluator",
  async (name) => {
    const model = await loadModel(name);
    const { images } = await loadTestImages(
      model.dataset!,
      Array.from({ length: 20 }, (_, index) => index),
    );
    const program = await compile(model, { relativeError: 0.002, evaluator: "kernel" });
    const { results, layers } = await infer(program, images, { evaluator: "kernel" });
    const largest = Math.max(...results.map(({ plainLogits }) => maxAbs(plainLogits)));
    expect(layers[0].evaluator).toBe("kernel");
    expect(Math.max(...results.map(({ maxAbsError }) => maxAbsError))).toBeLessThan(0.002 * largest);
  },
  300_000,
);
