import { expect } from "@jest/globals";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { maxAbs } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./he-ml.js";
import { waves, writeJson, writeModel } from "./support.js";

/** Arguments that infer three images with the tiny model, which has no parameters of its own. */
export async function inferTiny(folder: string): Promise<string[]> {
  const inputs = [waves(36, 1), waves(36, -0.5), new Array<number>(36).fill(0)];
  return [
    ...["infer", "--model", await writeModel(folder)],
    ...["--input", await writeJson(folder, "images.json", { inputShape: [1, 1, 6, 6], inputs })],
  ];
}

/** Runs them in a packing: the design's JSON, with logits within 1 % of onnxruntime's. */
export async function checkTinyInference(
  args: readonly string[],
  packing: string,
  parameters: object,
  mostError: number,
): Promise<void> {
  const { status, stdout, stderr } = await heMl([...args, "--packing", packing, "--json"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const report = JSON.parse(stdout) as InferenceReport;
  expect(report).toMatchObject({ model: expect.any(String), packing, images: 3 });
  expect(report.parameters).toMatchObject({ scheme: "ckks", ...parameters });
  expect(report.results).toHaveLength(3);
  for (const {
    logits,
    plainLogits,
    predicted,
    plainPredicted,
    label,
    maxAbsError,
    milliseconds,
  } of report.results) {
    expect(logits).toHaveLength(3);
    const error = maxAbs(logits.map((logit, i) => logit - plainLogits[i]));
    expect(error).toBeCloseTo(maxAbsError, 12);
    expect(error).toBeLessThan(0.01 * maxAbs(plainLogits));
    expect(predicted).toBe(plainPredicted);
    expect(label).toBeNull();
    expect(Object.keys(milliseconds)).toEqual(["encrypt", "evaluate", "decrypt"]);
  }
  const ciphertextsPerValue = packing === "scalar" ? 3 : 1;
  expect(report.layers.map(({ name, ciphertexts }) => [name, ciphertexts])).toEqual([
    ["conv1", 32 * ciphertextsPerValue],
    ["square1", 32 * ciphertextsPerValue],
    ["pool1", 8 * ciphertextsPerValue],
    ["flatten", 8 * ciphertextsPerValue],
    ["fc1", 3 * ciphertextsPerValue],
  ]);
  expect(report.layers.every(({ error }) => error !== undefined && error.maxAbs < mostError)).toBe(true);
  expect(report.bytes.input).toBeGreaterThan(report.bytes.output);
}
