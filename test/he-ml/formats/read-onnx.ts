import type { TensorProto } from "onnx-buf";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { modelForward, type Model, type Network } from "../../../src/he-ml/model/model.js";
import { encryptableModel } from "../../../src/he-ml/model/unsupported-layers.js";
import type { Shape } from "../../../src/he-ml/tensor/tensor.js";
import { expectSameInFloat32, node, onnxFile, randomTensor, type AttributeValue } from "./onnx-support.js";

/** Reads the file and checks our plain forward against onnxruntime on those very bytes. */
export async function readAsOnnxruntime(bytes: Uint8Array, inputShape: Shape, count = 2): Promise<Model> {
  const model = encryptableModel(readOnnx(bytes));
  const batch = randomTensor([count, ...inputShape], 99);
  expectSameInFloat32(modelForward(model, batch).at(-1)!, await runOnnx(bytes, batch));
  return model;
}

/** The same of a network that may hold layers which run on plain values only, on images of its own shape. */
export async function networkAsOnnxruntime(bytes: Uint8Array, count = 2): Promise<Network> {
  const network = readOnnx(bytes);
  const { shape, data } = randomTensor([count, ...network.inputShape], 98);
  const images = { shape, data: data.map((value) => 8 * value) };
  expectSameInFloat32(modelForward(network, images).at(-1)!, await runOnnx(bytes, images));
  return network;
}

export const kindsOf = ({ layers }: Network) => layers.map(({ kind }) => kind).join(" ");

export const describeLayers = (model: Model) => model.layers.map(({ kind, name }) => `${kind} ${name}`);

/** A file of a single node on images 2×5×6, or on 6 features. */
export function oneNode(
  op: string,
  {
    attributes = {},
    constants = [],
    shape = [2, 5, 6],
    rank = 4,
    opset = 13,
  }: {
    attributes?: Record<string, AttributeValue>;
    constants?: TensorProto[];
    shape?: Shape;
    rank?: number;
    opset?: number;
  },
): Uint8Array {
  const inputs = ["input", ...constants.map(({ name }) => name)];
  return onnxFile({
    input: ["n", ...shape],
    nodes: [node(op, inputs, "output", attributes)],
    initializers: constants.filter(({ name }) => name !== ""),
    outputRank: rank,
    opset,
  });
}
