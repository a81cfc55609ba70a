import { describe, expect, test } from "@jest/globals";
import { typicalCosts as costs } from "../../../src/he-ml/planner/search/costs.js";
import { compileParts } from "../../../src/he-ml/program/compile-parts.js";
import { infer } from "../../../src/he-ml/service/infer.js";
import { smallModel } from "../layers/small-model.js";
import { randomTensor, rejectedBy } from "../support.js";
import { checkParts } from "./compile-parts.js";

// In packing packed, too: see compile-parts.slow.ts.
test("parts in packing batch share a shorter chain than the whole, and give the plain model's logits", () =>
  checkParts("batch"));

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
