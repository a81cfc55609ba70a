import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { ModelProtoSchema } from "onnx-buf";
import { readOnnx } from "../../../src/he-ml/formats/onnx/read.js";
import { onnxSession, runOnnx } from "../../../src/he-ml/node/onnx/run.js";
import { writeOnnx } from "../../../src/he-ml/formats/onnx/write.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { averagePoolLayer } from "../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { identityLayer } from "../../../src/he-ml/model/identity.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel, modelForward } from "../../../src/he-ml/model/model.js";
import { paddingLayer } from "../../../src/he-ml/model/padding.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { expectSameInFloat32, randomTensor } from "./onnx-support.js";
import { checkWrittenModels } from "./write-onnx.js";

const model = defineModel({
  name: "every-layer",
  inputShape: [2, 9, 8],
  layers: [
    paddingLayer({ name: "border", padding: { top: 1, bottom: 0, left: 2, right: 3 } }),
    convolutionalLayer({
      name: "stage.0.conv",
      weights: randomTensor([4, 1, 3, 2], 1),
      bias: randomTensor([4], 2),
      groups: 2,
      stride: [1, 2],
      padding: { top: 0, bottom: 2, left: 1, right: 0 },
      dilation: [2, 1],
    }),
    squareLayer({ name: "activation" }),
    averagePoolLayer({ name: "pool counting", kernelSize: 2, stride: 1, padding: 1 }),
    averagePoolLayer({ name: "pool", kernelSize: [3, 2], padding: [1, 1], countIncludePad: false }),
    convolutionalLayer({ name: "conv", weights: randomTensor([3, 4, 1, 1], 3) }),
    flattenLayer({ name: "flat" }),
    linearLayer({ name: "hidden", weights: randomTensor([5, 45], 4), bias: randomTensor([5], 5) }),
    polynomialLayer({ name: "activation 2", coefficients: [0.5, -1, 0, 0.25] }),
    identityLayer({ name: "nothing" }),
    linearLayer({ name: "head", weights: randomTensor([3, 5], 6) }),
  ],
});
const batch = randomTensor([3, ...model.inputShape], 7);

describe("writeOnnx", () => {
  test("reads back as the same model, names, weights and all", () => {
    expect(readOnnx(writeOnnx(model))).toEqual(model);
  });

  test("writes what onnxruntime computes as we do", async () => {
    expectSameInFloat32(await runOnnx(writeOnnx(model), batch), modelForward(model, batch).at(-1)!);
  });

  test("writes opset 13 with a symbolic batch and the layers' names", () => {
    const { irVersion, opsetImport, graph } = fromBinary(ModelProtoSchema, writeOnnx(model));
    expect(irVersion).toBe(8n);
    expect(opsetImport).toMatchObject([{ domain: "", version: 13n }]);
    const names = graph!.node.map(({ name }) => name).filter((name) => name !== "");
    expect(names).toEqual(model.layers.map(({ name }) => name));
    expect(graph!.input.map(({ name }) => name)).toEqual(["input"]);
    expect(graph!.output.map(({ name }) => name)).toEqual(["logits"]);
    const inputType = graph!.input[0].type!.value;
    expect(inputType).toMatchObject({
      value: { shape: { dim: [{ value: { value: "batch" } }, {}, {}, {}] } },
    });
  });

  // Many more models: see write-onnx.slow.ts.
  test("what is written means the same when it is read, and to onnxruntime", () => checkWrittenModels(60));

  test("refuses a model without layers, and weights too large for a float32", () => {
    expect(() => writeOnnx({ name: "none", inputShape: [2], layers: [] })).toThrow(InputError);
    const layers = [linearLayer({ weights: tensor([1, 2], [1, 1e39]) })];
    expect(() => writeOnnx({ name: "large", inputShape: [2], layers })).toThrow(
      'value 1 of "linear.weight" is 1e+39',
    );
  });
});

describe("onnxSession", () => {
  test("runs again and again, any number of images", async () => {
    const session = await onnxSession(writeOnnx(model));
    const all = await session.run(batch);
    const first = await session.run(tensor([1, 2, 9, 8], batch.data.subarray(0, 144)));
    expect(all.shape).toEqual([3, 3]);
    expectSameInFloat32(first, tensor([1, 3], all.data.subarray(0, 3)));
    await session.release();
  });

  test.each([
    ["another shape", [2, 2, 8, 9]],
    ["an axis too few", [2, 9, 8]],
    ["no images", [0, 2, 9, 8]],
  ])("refuses %s", async (_what, shape) => {
    await expect(runOnnx(writeOnnx(model), randomTensor(shape, 1))).rejects.toThrow(InputError);
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["text", new TextEncoder().encode("this is no model")],
    ["half a model", writeOnnx(model).subarray(0, 400)],
  ])("refuses %s in one line", async (_what, bytes) => {
    const error: unknown = await onnxSession(bytes).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(/^onnxSession: .+$/);
  });
});
