import { expect, test } from "@jest/globals";
import { CostMeter } from "../../../src/he-ml/calibration/measure-costs.js";
import { sharedParts } from "../../../src/he-ml/calibration/shared-parts.js";
import { checkParameters } from "../../../src/he-ml/crypto/parameters.js";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";

const usual = { rotate: 2, decompose: 1, modDown: 0.6 };

test("what a further rotation is spared is the part that rotations share", () => {
  const parts = sharedParts({ rotate: 0.9, further: 0.4, furtherGiant: 0.65 }, usual);
  expect(parts.decompose).toBeCloseTo(0.5, 12);
  expect(parts.modDown).toBeCloseTo(0.25, 12);
});

test.each([
  ["nothing is spared", { rotate: 1, further: 1, furtherGiant: 1 }, { decompose: 0.5, modDown: 0.3 }],
  [
    "further ones took longer",
    { rotate: 1, further: 1.2, furtherGiant: 0.7 },
    { decompose: 0.5, modDown: 0.3 },
  ],
  ["times went below zero", { rotate: 1, further: -1, furtherGiant: -1 }, { decompose: 0.5, modDown: 0.3 }],
  [
    "a sum seems to spare all",
    { rotate: 1, further: 0.25, furtherGiant: 0 },
    { decompose: 0.75, modDown: 0.25 },
  ],
])(
  "shares that no machine has are the usual ones, and no more than a rotation together: %s",
  (_, times, parts) => {
    const { decompose, modDown } = sharedParts(times, usual);
    expect([decompose, modDown]).toEqual([
      expect.closeTo(parts.decompose, 12),
      expect.closeTo(parts.modDown, 12),
    ]);
  },
);

test("an evaluator whose rotations may share work is measured for it", async () => {
  const parameters = checkParameters({
    polyModulusDegree: 1024,
    coeffModulusBits: [40, 30, 40],
    scaleBits: 20,
    security: "teaching",
  });
  const client = await SecretContext.create(parameters);
  const keys = client.exportEvaluationKeys([1, 2, 3].map((step) => ({ step, level: 2 })));
  const { evaluator } = await PublicContext.load(parameters, keys);
  const before = evaluator.operations.rotate;
  const costs = CostMeter.of(evaluator, "kernel").costs();
  expect(evaluator.operations.rotate).toBeGreaterThan(before);
  for (const level of [0, 1]) {
    const shared = costs.decompose[level] + costs.modDown[level];
    expect(shared).toBeGreaterThanOrEqual(0);
    expect(shared).toBeLessThanOrEqual(costs.rotate[level] * (1 + 1e-12));
  }
  const plain = CostMeter.of(evaluator, "seal").costs();
  expect([...plain.decompose, ...plain.modDown]).toEqual([0, 0, 0, 0]);
});
