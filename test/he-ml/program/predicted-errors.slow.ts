import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
// Committed models and test images are read as they are built.
import { loadModel } from "../../../dist/he-ml/node/index.js";
import { loadTestImages } from "../../../dist/train/index.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { longChain } from "../planner/plan-checks.js";
import { networks } from "../planner/random-networks.js";
import { randomTensor } from "../support.js";
import { errorRatios, notAsPredicted } from "./predicted-errors.js";

const count = 16;

test.each([
  ["mnist-small", "kernel", true],
  ["mnist-small", "seal", true],
  ["lenet1", "kernel", true],
] as const)(
  "%s on the evaluator %s, fused: %p: errors are as predicted in all stages",
  async (name, evaluator, fuse) => {
    const model = await loadModel(name);
    const { images } = await loadTestImages(model.dataset!, [...Array(count).keys()]);
    const program = await compile(model, { evaluator, fuse });
    expect(notAsPredicted(await errorRatios(program, images, 4))).toEqual([]);
  },
  300_000,
);

test.each(["kernel"] as const)(
  "mnist-small in packing batch on the evaluator %s: errors are as predicted in all layers",
  async (evaluator) => {
    const model = await loadModel("mnist-small");
    const { images } = await loadTestImages(model.dataset!, [...Array(count).keys()]);
    const program = await compile(model, { packing: "batch", evaluator, parameters: longChain(1024, 6) });
    expect(notAsPredicted(await errorRatios(program, images, 2))).toEqual([]);
  },
  300_000,
);

// SEAL's key switches err most in slot 0, by the key alone: few keys would show any error there. The kernels' do not.
const drawn = fc.sample(networks(), { seed: 11, numRuns: 1 });
test.each(drawn.map((model, i) => [i, model] as const))(
  "random network %d in packings packed (fused and not) and batch: errors are as predicted",
  async (i, model) => {
    const images = randomTensor([count, ...model.inputShape], i);
    const parameters = longChain(1024, 8);
    for (const options of [
      { packing: "packed", fuse: true, samples: images },
      { packing: "packed", fuse: false, samples: images },
      { packing: "batch" },
    ] as const) {
      const program = await compile(model, { ...options, parameters });
      expect(notAsPredicted(await errorRatios(program, images, 2))).toEqual([]);
    }
  },
  300_000,
);
