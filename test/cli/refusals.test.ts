import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AttributeProtoSchema, ModelProtoSchema, NodeProtoSchema } from "onnx-buf";
import { intAttribute } from "../../src/he-ml/formats/onnx/messages.js";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./he-ml.js";
import { temporaryFolder, tinyModel, waves, writeJson, writeModel } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let model: string;
let image: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  model = await writeModel(folder.path);
  image = await writeJson(folder.path, "image.json", waves(36, 1));
});
afterAll(() => folder.remove());

/** The tiny model with its square replaced by another operator. */
async function modelWith(op: string): Promise<string> {
  const proto = fromBinary(ModelProtoSchema, writeOnnx(tinyModel));
  const nodes = proto.graph!.node;
  const square = nodes.findIndex(({ opType }) => opType === "Mul");
  nodes[square] = create(NodeProtoSchema, {
    ...nodes[square],
    opType: op,
    input: nodes[square].input.slice(0, 1),
    attribute: op === "MaxPool" ? [create(AttributeProtoSchema, intAttribute("kernel_shape", [1, 1]))] : [],
  });
  const path = join(folder.path, `${op}.onnx`);
  await writeFile(path, toBinary(ModelProtoSchema, proto));
  return path;
}

async function refused(args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await heMl(args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
  expect(stderr).not.toMatch(/wasm|\bat .*\.js:\d+|refused by SEAL/i);
  return stderr;
}

const spec = {
  polyModulusDegree: 8192,
  coeffModulusBits: [50, 60, 48, 60],
  scaleBits: 20,
  weightScaleBits: 16,
};

describe("refused in one line that says what, where and what to do, with exit status 2:", () => {
  test.each(["Relu", "Tanh"])("a model with %s", async (op) => {
    const message = await refused(["infer", "--model", await modelWith(op), "--input", image]);
    expect(message).toContain(op.toLowerCase());
    expect(message).toContain("square1");
    expect(message).toMatch(/put a square/);
  });

  test("a model with max-pool", async () => {
    const message = await refused(["infer", "--model", await modelWith("MaxPool"), "--input", image]);
    expect(message).toMatch(/maxPool.*average pool/);
  });

  test("a mis-shaped image", async () => {
    const small = await writeJson(folder.path, "small.json", waves(35, 1));
    expect(await refused(["infer", "--model", model, "--input", small])).toMatch(/35 values.*1×6×6/);
    const folderNamed = await refused([
      "infer",
      "--model",
      model,
      "--parameters",
      folder.path,
      "--input",
      image,
    ]);
    expect(folderNamed).toMatch(/--parameters: ".*" is a folder, expected a file/);
    const wrong = await writeJson(folder.path, "rgb.json", {
      inputShape: [1, 3, 6, 6],
      inputs: [waves(108, 1)],
    });
    expect(await refused(["infer", "--model", model, "--input", wrong])).toMatch(/1×3×6×6.*1×6×6/);
    expect(await refused(["infer", "--model", model, "--dataset", "mnist"])).toMatch(/1, 6, 6.*1, 1, 28, 28/);
  });

  test("a NaN, null or infinite pixel", async () => {
    const values = waves(36, 1).map(String);
    for (const bad of ["NaN", "null", "1e999"]) {
      const path = await writeJson(
        folder.path,
        "bad.json",
        `[${[...values.slice(0, 7), bad, ...values.slice(8)]}]`,
      );
      expect(await refused(["infer", "--model", model, "--input", path])).toMatch(/finite number/);
    }
  });

  test("a chain too short for the depth, naming the layer and a chain that would do", async () => {
    const short = await writeJson(folder.path, "short.json", {
      polyModulusDegree: 8192,
      coeffModulusBits: [60, 40, 60],
      scaleBits: 40,
    });
    const message = await refused(["infer", "--model", model, "--input", image, "--parameters", short]);
    expect(message).toMatch(
      /square "square1".*too short.*\[60, 40, 40, 40 \| 60\] at polyModulusDegree 16384 would do/,
    );
  });

  test("parameters under 128 bits of security, however they are bent", async () => {
    for (const change of [{ polyModulusDegree: 4096 }, { coeffModulusBits: [50, 60, 60, 60] }]) {
      const weak = await writeJson(folder.path, "weak.json", { ...spec, ...change });
      const message = await refused(["infer", "--model", model, "--input", image, "--parameters", weak]);
      expect(message).toMatch(/below 128-bit security.*drop \d+ bits/);
    }
  });

  test("a parameter file that is none", async () => {
    const unknown = await writeJson(folder.path, "unknown.json", { ...spec, scale: 20 });
    expect(await refused(["infer", "--model", model, "--input", image, "--parameters", unknown])).toMatch(
      /scale/,
    );
    const broken = await writeJson(folder.path, "broken.json", "{");
    expect(await refused(["infer", "--model", model, "--input", image, "--parameters", broken])).toMatch(
      /not JSON/,
    );
  });

  test("missing files, models, datasets, images and options", async () => {
    expect(await refused(["infer", "--model", "nope", "--input", image])).toMatch(
      /no model "nope".*mnist-small/,
    );
    expect(await refused(["infer", "--model", model, "--input", "nope.json"])).toMatch(/no file "nope.json"/);
    expect(await refused(["infer", "--model", model])).toMatch(/expected images/);
    expect(await refused(["infer", "--model", model, "--dataset", "mnist", "--input", image])).toMatch(
      /exclude/,
    );
    expect(await refused(["infer", "--model", model, "--dataset", "cats"])).toMatch(/expected one of mnist/);
    expect(await refused(["infer", "--model", model, "--dataset", "mnist", "--index", "10000"])).toMatch(
      /10000/,
    );
    expect(await refused(["infer", "--model", model, "--input", image, "--packing", "dense"])).toMatch(
      /batch/,
    );
    expect(await refused(["frobnicate"])).toMatch(/unknown command/);
    expect(await refused(["train", "--arch", "resnet", "--out", folder.path])).toMatch(/lenet1/);
  });

  test("images far from those that the model was trained on, which would wrap around", async () => {
    const bytes = await writeJson(folder.path, "bytes.json", new Array<number>(784).fill(255));
    const message = await refused(["infer", "--model", "mnist-small", "--input", bytes]);
    expect(message).toMatch(/values up to 255, the program was made for 0 to 1; .*divide bytes by 255/);
    const huge = await writeJson(folder.path, "huge.json", new Array<number>(36).fill(1e9));
    const parameters = await writeJson(folder.path, "usual.json", {
      polyModulusDegree: 16384,
      coeffModulusBits: [60, 40, 40, 40, 60],
      scaleBits: 40,
    });
    expect(await refused(["infer", "--model", model, "--input", huge, "--parameters", parameters])).toMatch(
      /outgrow/,
    );
  });

  test("numbers that are out of the question, and files that cannot be written", async () => {
    const images = ["infer", "--model", model, "--input", image];
    expect(
      await refused(["infer", "--model", model, "--dataset", "mnist", "--count", "9007199254740991"]),
    ).toMatch(/--count/);
    expect(await refused([...images, "--threads", "100000"])).toMatch(/--threads/);
    expect(await refused([...images, "--index", "3"])).toMatch(
      /--index, --count and --dataset-dir choose from a dataset/,
    );
    expect(await refused([...images, "--report", folder.path])).toMatch(/--report.*cannot be written/);
  });

  test("a model whose neighbours in its folder are broken", async () => {
    for (const [name, content] of [
      ["metrics.json", { valueRanges: 5 }],
      ["metrics.json", [null]],
      ["parameters.json", null],
    ] as const) {
      const broken = await temporaryFolder();
      await writeModel(broken.path);
      await writeJson(broken.path, name, content);
      await refused(["infer", "--model", broken.path, "--input", image]);
      await broken.remove();
    }
  });

  test("weights that the chain cannot hold, naming the layer", async () => {
    const spec = {
      polyModulusDegree: 8192,
      coeffModulusBits: [50, 60, 48, 60],
      scaleBits: 20,
      weightScaleBits: 16,
    };
    const parameters = await writeJson(folder.path, "lazy.json", spec);
    const heavy = await temporaryFolder();
    const layers = tinyModel.layers.map((layer) =>
      layer.kind === "linear" ? { ...layer, bias: tensor([3], [1e22, 0, 0]) } : layer,
    );
    await writeModel(heavy.path, { ...tinyModel, layers });
    const args = ["infer", "--model", heavy.path, "--input", image, "--parameters", parameters];
    expect(await refused(args)).toMatch(/linear "fc1": its weights or bias/);
    await heavy.remove();
  });
});
