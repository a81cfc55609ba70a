import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { create } from "@bufbuild/protobuf";
import { mkdir, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TensorProto_DataLocation as DataLocation, TensorProtoSchema } from "onnx-buf";
import { InputError } from "../../../../src/he-ml/errors.js";
import { loadModel } from "../../../../src/he-ml/node/files/load-model.js";
import { onnxSession } from "../../../../src/he-ml/node/onnx/run.js";
import { writeOnnx } from "../../../../src/he-ml/formats/onnx/write.js";
import { linearLayer } from "../../../../src/he-ml/model/linear.js";
import { defineModel, modelForward } from "../../../../src/he-ml/model/model.js";
import { tensor } from "../../../../src/he-ml/tensor/tensor.js";
import { expectSameInFloat32, node, onnxFile, randomTensor } from "../../formats/onnx-support.js";

const model = defineModel({
  name: "tiny",
  inputShape: [3],
  layers: [linearLayer({ name: "fc", weights: randomTensor([2, 3], 1) })],
});
let directory: string;
const at = (name: string) => join(directory, name);

/** A file whose weights lie in another one, 8 bytes from its start. */
function externalFile(location: string): Uint8Array {
  const weights = create(TensorProtoSchema, {
    name: "w",
    dims: [3n, 2n],
    dataType: 1,
    dataLocation: DataLocation.EXTERNAL,
    externalData: [
      { key: "location", value: location },
      { key: "offset", value: "8" },
      { key: "length", value: "24" },
    ],
  });
  return onnxFile({
    input: ["n", 3],
    nodes: [node("MatMul", ["input", "w"], "output")],
    initializers: [weights],
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "he-ml-load-model-"));
});
afterAll(() => rm(directory, { recursive: true }));

describe("loadModel", () => {
  test("names the model as its file, unless a name is given", async () => {
    await writeFile(at("my.net.ONNX"), writeOnnx(model));
    expect(await loadModel(at("my.net.ONNX"))).toEqual({ ...model, name: "my.net" });
    expect((await loadModel(at("my.net.ONNX"), { name: "mine" })).name).toBe("mine");
  });

  test("reads weights that lie in a file beside the model", async () => {
    const stored = Float32Array.of(7, 7, ...randomTensor([6], 2).data, 7);
    await writeFile(at("external.onnx.data"), new Uint8Array(stored.buffer));
    await writeFile(at("external.onnx"), externalFile("external.onnx.data"));
    const loaded = await loadModel(at("external.onnx"));
    const batch = randomTensor([2, 3], 3);
    const session = await onnxSession(at("external.onnx"));
    expectSameInFloat32(modelForward(loaded, batch).at(-1)!, await session.run(batch));
    await session.release();
  });

  test("refuses weights that do not lie beside the model, even where they exist", async () => {
    await mkdir(at("inner"));
    await writeFile(at("weights.data"), new Uint8Array(32));
    for (const location of ["../weights.data", at("weights.data"), "", "."]) {
      await writeFile(at("inner/outside.onnx"), externalFile(location));
      await expect(loadModel(at("inner/outside.onnx"))).rejects.toThrow(/which is not beside it/);
    }
  });

  test("refuses weights that are missing", async () => {
    await writeFile(at("alone.onnx"), externalFile("missing.data"));
    await expect(loadModel(at("alone.onnx"))).rejects.toThrow(InputError);
    await expect(loadModel(at("alone.onnx"))).rejects.toThrow(/"missing.data", which cannot be read/);
  });

  test("refuses a folder of weights, and a name that no file can have", async () => {
    await mkdir(at("weights.dir"));
    for (const location of ["weights.dir", "nul\0byte"]) {
      await writeFile(at("odd.onnx"), externalFile(location));
      await expect(loadModel(at("odd.onnx"))).rejects.toThrow(/which cannot be read/);
    }
  });

  test("refuses weights of which the file beside the model holds fewer", async () => {
    await writeFile(at("short.data"), new Uint8Array(31));
    await writeFile(at("short.onnx"), externalFile("short.data"));
    await expect(loadModel(at("short.onnx"))).rejects.toThrow(
      /expected 24 bytes from byte 8 .* which has 31/,
    );
  });

  test("reads a tfjs model and the weights beside it, and none that lie elsewhere", async () => {
    const tfjs = (path: string) => ({
      format: "layers-model",
      modelTopology: {
        class_name: "Sequential",
        config: [
          {
            class_name: "Dense",
            config: { name: "fc", units: 1, use_bias: false, batch_input_shape: [null, 2] },
          },
        ],
      },
      weightsManifest: [{ paths: [path], weights: [{ name: "fc/kernel", shape: [2, 1], dtype: "float32" }] }],
    });
    await mkdir(at("tfjs"));
    await writeFile(at("tfjs/weights.bin"), new Uint8Array(Float32Array.of(0.5, -2).buffer));
    await writeFile(at("tfjs/model.json"), JSON.stringify(tfjs("weights.bin")));
    expect(await loadModel(at("tfjs/model.json"), { name: "dense" })).toEqual({
      name: "dense",
      inputShape: [2],
      layers: [linearLayer({ name: "fc", weights: tensor([1, 2], [0.5, -2]) })],
    });
    for (const path of ["../weights.data", at("weights.data"), ""]) {
      await writeFile(at("tfjs/model.json"), JSON.stringify(tfjs(path)));
      await expect(loadModel(at("tfjs/model.json"))).rejects.toThrow(/which is not beside it/);
    }
  });

  test("says which endings it knows", async () => {
    await writeFile(at("net.h5"), "");
    await expect(loadModel(at("net.h5"))).rejects.toThrow(
      /^loadModel: expected a file ending in \.onnx, .*, got /,
    );
  });

  test("refuses a missing file, a directory and an empty file", async () => {
    await mkdir(at("folder.onnx"));
    await writeFile(at("empty.onnx"), "");
    await expect(loadModel(at("none.onnx"))).rejects.toThrow(new RegExp("^loadModel: there is no file"));
    await expect(loadModel(at("folder.onnx"))).rejects.toThrow(/is a directory/);
    await expect(loadModel("nope")).rejects.toThrow(/^loadModel: there is no model "nope"; .*lenet1/);
    await expect(loadModel(at("empty.onnx"))).rejects.toThrow(/"empty": expected an ONNX file, got no bytes/);
    for (const name of ["none.onnx", "folder.onnx", "empty.onnx"]) {
      await expect(loadModel(at(name))).rejects.toThrow(InputError);
    }
  });

  test("refuses a file above 1 GiB without reading it", async () => {
    const file = await open(at("large.onnx"), "w");
    await file.truncate(2 ** 30 + 1);
    await file.close();
    await expect(loadModel(at("large.onnx"))).rejects.toThrow("expected a file of at most 1 GiB");
  });
});

describe("a model's folder", () => {
  test.each([["lenet1"], ["models/lenet1"], ["models/lenet1/model.onnx"]])(
    "%s brings ranges, dataset and parameters along, and gives the name",
    async (name) => {
      const model = await loadModel(name);
      expect(model).toMatchObject({ name: "lenet1", inputShape: [1, 28, 28], dataset: "mnist" });
      expect(model.valueRanges!.map((range) => range.name)).toEqual([
        "input",
        ...model.layers.map((layer) => layer.name),
      ]);
      expect(model.parameters).toMatchObject({ polyModulusDegree: 8192 });
    },
  );

  test("of a table brings the names of its classes", async () => {
    expect((await loadModel("breast-cancer")).classNames).toEqual(["malignant", "benign"]);
  });

  test("whose metrics.json holds something else is refused", async () => {
    await mkdir(at("odd"));
    await writeFile(at("odd/model.onnx"), await readFile("models/mnist-small/model.onnx"));
    await writeFile(at("odd/metrics.json"), JSON.stringify({ valueRanges: "none" }));
    await expect(loadModel(at("odd"))).rejects.toThrow(
      /odd\/metrics\.json: valueRanges: .*train the model again/,
    );
    await writeFile(at("odd/metrics.json"), "{");
    await expect(loadModel(at("odd"))).rejects.toThrow(/is not JSON/);
  });
});
