import { expect } from "@jest/globals";
import { typicalCosts as costs } from "../../../src/he-ml/planner/search/costs.js";
import { compileParts } from "../../../src/he-ml/program/compile-parts.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { defineModel, modelForward } from "../../../src/he-ml/model/model.js";
import { infer } from "../../../src/he-ml/service/infer.js";
import { imageAt } from "../../../src/he-ml/tensor/tensor.js";
import { randomTensor } from "../support.js";

const chainBits = (bits: readonly number[]) => bits.reduce((sum, size) => sum + size, 0);

/** 8 → 4 → square → 4 → square → 3. */
const deepModel = defineModel({
  name: "deep",
  inputShape: [8],
  layers: [
    linearLayer({ name: "fc1", weights: randomTensor([4, 8], 1) }),
    squareLayer({ name: "square1" }),
    linearLayer({ name: "fc2", weights: randomTensor([4, 4], 2), bias: randomTensor([4], 3) }),
    squareLayer({ name: "square2" }),
    linearLayer({ name: "fc3", weights: randomTensor([3, 4], 4) }),
  ],
});

/** Runs a network in three parts, and compares with the whole and with the plain model. */
export async function checkParts(packing: "packed" | "batch"): Promise<void> {
  const images = randomTensor([3, 8], 7);
  const whole = await compile(deepModel, { packing, costs });
  const parts = await compileParts(deepModel, { packing, costs, reencryptPositions: [3, 2] });
  expect(parts.map(({ layers }) => layers)).toEqual([[0, 1], [2], [3, 4]]);
  const [{ parameters }] = parts;
  for (const part of parts) expect(part.parameters).toEqual(parameters);
  expect(chainBits(parameters.coeffModulusBits)).toBeLessThan(chainBits(whole.parameters.coeffModulusBits));

  const report = await infer(parts, images, { threads: 0 });
  expect(report.gaps.encrypted.relativeToMax).toBeLessThan(0.01);
  const plain = modelForward(deepModel, images).at(-1)!;
  report.results.forEach(({ plainLogits }, i) => expect(plainLogits).toEqual([...imageAt(plain, i).data]));

  const between = report.layers.filter(({ kind }) => kind === "reencryption");
  expect(between.map(({ name, modelLayers }) => [name, modelLayers])).toEqual([
    ["reencryption before fc2", []],
    ["reencryption before square2", []],
  ]);
  for (const { before, after, error, ops } of between) {
    expect(before.level).toBeLessThanOrEqual(after.level);
    expect(after).toMatchObject({ level: parameters.levels, scaleBits: parameters.scaleBits });
    expect(error!.maxAbs).toBeGreaterThan(0);
    expect(new Set(Object.values(ops))).toEqual(new Set([0]));
  }
  expect(report.layers.flatMap(({ modelLayers }) => modelLayers)).toEqual([0, 1, 2, 3, 4]);
}
