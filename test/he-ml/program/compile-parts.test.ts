import { describe, expect, test } from "@jest/globals";
import { typicalCosts as costs } from "../../../src/he-ml/planner/search/costs.js";
import { compileParts } from "../../../src/he-ml/program/compile-parts.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { defineModel, modelForward } from "../../../src/he-ml/model/model.js";
import { infer } from "../../../src/he-ml/service/infer.js";
import { imageAt } from "../../../src/he-ml/tensor/tensor.js";
import { smallModel } from "../layers/small-model.js";
import { randomTensor, rejectedBy } from "../support.js";

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

describe.each(["packed", "batch"] as const)("parts of a model in packing %s", (packing) => {
  test("share a shorter chain than the whole, and give the plain model's logits", async () => {
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
  });
});

test("a position before the first layer is no re-encryption: images are fresh", async () => {
  const parts = await compileParts(smallModel, { packing: "batch", costs, reencryptPositions: [0] });
  expect(parts).toHaveLength(1);
});

test("parameters that are given are those of all parts", async () => {
  const parameters = {
    polyModulusDegree: 4096,
    coeffModulusBits: [40, 30, 39],
    scaleBits: 18,
    weightScaleBits: 14,
  };
  const parts = await compileParts(smallModel, { parameters, costs, reencryptPositions: [2] });
  for (const part of parts) expect(part.parameters).toMatchObject(parameters);
});

describe("refused by name:", () => {
  const message = async (work: () => Promise<unknown>) => ((await rejectedBy(work)) as Error).message;

  test("positions that are none", async () => {
    expect(await message(() => compileParts(smallModel, { costs, reencryptPositions: [7] }))).toMatch(
      /reencryptPositions: expected layers within 0–4, got 7/,
    );
    expect(
      await message(() => compileParts(smallModel, { costs, reencryptPositions: ["a"] as never })),
    ).toMatch(/a list of layers' numbers, got "a" at 0/);
  });

  test("programs that do not follow each other", async () => {
    const [first, second] = await compileParts(smallModel, {
      packing: "batch",
      costs,
      reencryptPositions: [2],
    });
    const images = randomTensor([3, 1, 4, 4], 7);
    const go = { threads: 0 };
    expect(await message(() => infer([second, first], images, go))).toMatch(
      /expected a batch \[n, 2, 2, 2\]|does not go on/,
    );
    expect(await message(() => infer([first, first], images, go))).toMatch(
      /program 1 does not go on .* layers from 2 on/,
    );
    expect(await message(() => infer([], images, go))).toMatch(/empty list/);
  });
});
