import { expect, test } from "@jest/globals";
import * as fc from "fast-check";
// Committed models and test images are read as they are built.
import { loadModel } from "../../../dist/he-ml/node/index.js";
import { loadTestImages } from "../../../dist/train/index.js";
import type { CompileOptions } from "../../../src/he-ml/program/compile.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import type { Model } from "../../../src/he-ml/model/model.js";
import type { Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { longChain } from "../planner/plan-checks.js";
import { networks } from "../planner/random-networks.js";
import { randomTensor } from "../support.js";
import { errorRatios, notAsPredicted } from "./predicted-errors.js";

const images = 16;
/** Of slot 0, where SEAL's key switches err most, the keys alone decide. */
const keys = 16;

const ways = (["seal", "kernel"] as const).flatMap((evaluator) =>
  (["packed", "unfused", "batch", "scalar"] as const).map((way) => [way, evaluator] as const),
);

async function checkPredictions(
  name: string,
  [way, evaluator]: (typeof ways)[number],
  network: Model,
  batch: Tensor,
  options: CompileOptions,
): Promise<void> {
  const isPacked = way === "packed" || way === "unfused";
  const program = await compile(network, {
    ...options,
    evaluator,
    packing: isPacked ? "packed" : way,
    ...(isPacked && { fuse: way === "packed" }),
  });
  const ratios = await errorRatios(program, batch, keys);
  const told = (which: "rms" | "largest") => {
    const all = ratios.map((ratio) => ratio[which]);
    return `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`;
  };
  process.stdout.write(
    `${name}, ${way}, ${evaluator}: measured over predicted: rms ${told("rms")}, largest ${told("largest")}\n`,
  );
  expect(notAsPredicted(ratios)).toEqual([]);
}

test.each(["mnist-small", "lenet1"].flatMap((name) => ways.map((way) => [name, way] as const)))(
  "%s, %p: errors are as predicted in all stages",
  async (name, way) => {
    const model = await loadModel(name);
    const isLayered = way[0] === "batch" || way[0] === "scalar";
    const { images: batch } = await loadTestImages(model.dataset!, [...Array(images).keys()]);
    await checkPredictions(name, way, model, batch, {
      parameters: isLayered ? longChain(1024, 8) : undefined,
    });
  },
  1_800_000,
);

const drawn = fc.sample(networks(), { seed: 11, numRuns: 5 });
test.each(drawn.flatMap((model, i) => ways.map((way) => [i, way, model] as const)))(
  "random network %d, %p: errors are as predicted in all stages",
  async (i, way, model) => {
    const batch = randomTensor([images, ...model.inputShape], i);
    const isPacked = way[0] === "packed" || way[0] === "unfused";
    await checkPredictions(`random network ${i}`, way, model, batch, {
      parameters: longChain(1024, 8),
      ...(isPacked && { samples: batch }),
    });
  },
  1_800_000,
);
