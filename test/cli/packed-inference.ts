import { expect } from "@jest/globals";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { maxAbs } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./he-ml.js";
import { waves, writeJson, writeModel } from "./support.js";

/** Two images, packed, in stages of these names: logits within 1 % of onnxruntime's, and the run as explained. */
export async function checkPackedInference(
  folder: string,
  options: readonly string[],
  security: 128 | "teaching",
  names: readonly string[],
): Promise<void> {
  const inputs = [waves(36, 1), waves(36, -0.5)];
  const images = await writeJson(folder, "images.json", { inputShape: [1, 1, 6, 6], inputs });
  const { status, stdout, stderr } = await heMl([
    ...["infer", "--model", await writeModel(folder), "--input", images, "--packing", "packed", "--json"],
    ...options,
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const report = JSON.parse(stdout) as InferenceReport;
  expect(report).toMatchObject({ packing: "packed", images: 2, parameters: { security } });
  for (const { logits, plainLogits, predicted, plainPredicted } of report.results) {
    const error = maxAbs(logits.map((logit, i) => logit - plainLogits[i]));
    expect(error).toBeLessThan(0.015 * maxAbs(plainLogits));
    expect(predicted).toBe(plainPredicted);
  }
  const explanation = report.explanation!;
  expect(report.layers.map(({ name }) => name)).toEqual(names);
  expect(explanation.stages.map(({ name }) => name)).toEqual(names);
  // Two images are computed one after the other.
  report.layers.forEach(({ ops, level, scaleBits }, i) => {
    const stage = explanation.stages[i];
    expect(ops).toEqual(
      Object.fromEntries(Object.entries(stage.ops).map(([name, count]) => [name, 2 * count])),
    );
    expect(level).toBe(stage.level);
    expect(scaleBits).toBeCloseTo(stage.scaleBits, 6);
  });
  const { input, output, evaluationKeys } = explanation.bytes;
  expect(report.bytes).toEqual({ input: 2 * input, output: 2 * output, evaluationKeys });
}
