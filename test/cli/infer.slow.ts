import { describe, expect, test } from "@jest/globals";
import type { InferenceReport } from "../../src/cli/inference.js";
import { maxAbs } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./support.js";

describe("real digits classified while encrypted, logits within 1 % of the largest:", () => {
  test.each([
    { model: "mnist-small", count: 1 },
    { model: "mnist-small", count: 200 },
    { model: "lenet1", count: 100 },
  ])(
    "$model on $count test image(s)",
    async ({ model, count }) => {
      const { status, stdout, stderr } = await heMl([
        ...["infer", "--model", model, "--dataset", "mnist", "--index", "0", "--count", String(count)],
        ...["--packing", "batch", "--json"],
      ]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      const report = JSON.parse(stdout) as InferenceReport;
      expect(report.parameters.security).toBe(128);
      expect(report.results).toHaveLength(count);
      const relative = report.results.map(({ logits, plainLogits }) => {
        return maxAbs(logits.map((logit, i) => logit - plainLogits[i])) / maxAbs(plainLogits);
      });
      expect(Math.max(...relative)).toBeLessThan(0.01);
      expect(report.results.filter(({ predicted, plainPredicted }) => predicted !== plainPredicted)).toEqual(
        [],
      );
      const right = report.results.filter(({ predicted, label }) => predicted === label).length;
      expect(right / count).toBeGreaterThan(0.95);
      expect(report.layers.at(-1)!.shape).toEqual([10]);
    },
    600_000,
  );
});
