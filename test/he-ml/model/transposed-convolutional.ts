import { expect } from "@jest/globals";
import type { Packing } from "../../../src/he-ml/crypto/packing.js";
import { defineModel } from "../../../src/he-ml/model/model.js";
import { transposedConvolutionalLayer } from "../../../src/he-ml/model/transposed-convolutional.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { Program } from "../../../src/he-ml/program/program.js";
import { infer } from "../../../src/he-ml/service/infer.js";
import { randomTensor } from "../formats/onnx-support.js";

export const layer = transposedConvolutionalLayer({
  name: "up",
  weights: randomTensor([4, 3, 2, 3], 1),
  bias: randomTensor([6], 2),
  groups: 2,
  stride: [2, 1],
  padding: [0, 1],
  outputPadding: [1, 0],
  dilation: [1, 2],
});
export const images = randomTensor([2, 4, 3, 3], 3);

/** A program of it, written and read, computes encrypted images. */
export async function checkProgram(packing: Packing): Promise<void> {
  const model = defineModel({ name: "up", inputShape: [4, 3, 3], layers: [layer] });
  const program = await compile(model, { packing });
  const written = Program.fromJSON(JSON.parse(JSON.stringify(program)));
  const { results } = await infer(written, images, { threads: 0 });
  for (const { maxAbsError } of results) expect(maxAbsError).toBeLessThan(0.02);
}
