import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { averagePoolLayer } from "../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../src/he-ml/model/linear.js";
import { defineModel, type Model } from "../../src/he-ml/model/model.js";
import { squareLayer } from "../../src/he-ml/model/square.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";

/** A new folder under the system's temporary one, and how to remove it. */
export async function temporaryFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "he-ml-test-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Numbers that look random and are the same in every run. */
export function waves(count: number, amplitude: number): number[] {
  return Array.from({ length: count }, (_, i) => amplitude * Math.sin(1 + 12.9898 * i));
}

/** Every kind of layer but padding, on images of 1×6×6. */
export const tinyModel: Model = defineModel({
  name: "tiny",
  inputShape: [1, 6, 6],
  layers: [
    convolutionalLayer({
      name: "conv1",
      weights: tensor([2, 1, 3, 3], waves(18, 0.6)),
      bias: tensor([2], [0.1, -0.2]),
    }),
    squareLayer({ name: "square1" }),
    averagePoolLayer({ name: "pool1", kernelSize: 2 }),
    flattenLayer({ name: "flatten" }),
    linearLayer({ name: "fc1", weights: tensor([3, 8], waves(24, 0.9)), bias: tensor([3], [0.3, 0, -0.3]) }),
  ],
});

/** CKKS parameters of a small degree, which are quick and protect nothing. */
export const teachingParameters = {
  polyModulusDegree: 1024,
  coeffModulusBits: [50, 60, 48, 60],
  scaleBits: 20,
  weightScaleBits: 16,
  security: "teaching",
} as const;

/** Writes a model folder as `--model` takes it. */
export async function writeModel(folder: string, model: Model = tinyModel): Promise<string> {
  await writeFile(join(folder, "model.onnx"), writeOnnx(model));
  return join(folder, "model.onnx");
}

/** Writes a JSON file; returns its path. */
export async function writeJson(folder: string, name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}
