import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadNetwork } from "../../../src/he-ml/node/files/load-model.js";
import type { Network } from "../../../src/he-ml/model/model.js";
import { tensor, type Shape, type Tensor } from "../../../src/he-ml/tensor/tensor.js";

const folder = new URL("../../fixtures/onnx/", import.meta.url);

interface Case {
  readonly inputShape: Shape;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

const readCases = (file: string) =>
  JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Record<string, Case>;
const cases = { torch: readCases("torch.json"), tf2onnx: readCases("tf2onnx.json") };

/** A file that an exporter made of a network, and what the network itself gave. */
export interface Exported {
  readonly path: string;
  readonly network: Network;
  readonly inputs: Tensor;
  readonly outputs: Tensor;
}

/**
 * @param name of the network
 * @param exporter ends the file's name: `old`, `new`, `tf2onnx`
 */
export async function loadExported(name: string, exporter: string): Promise<Exported> {
  const path = fileURLToPath(new URL(`${name}-${exporter}.onnx`, folder));
  const { inputShape, inputs, outputs } = cases[exporter === "tf2onnx" ? "tf2onnx" : "torch"][name];
  return {
    path,
    network: await loadNetwork(path),
    inputs: tensor([inputs.length, ...inputShape], inputs.flat()),
    outputs: tensor([outputs.length, outputs[0].length], outputs.flat()),
  };
}
