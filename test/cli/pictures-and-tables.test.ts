import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encode } from "fast-png";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { averagePoolLayer } from "../../src/he-ml/model/average-pool.js";
import { flattenLayer } from "../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../src/he-ml/model/linear.js";
import { defineModel } from "../../src/he-ml/model/model.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { heMl } from "./he-ml.js";
import { teachingParameters, temporaryFolder, waves, writeJson, writeModel } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

test("a row of a table is classified while encrypted, and its class is called by its name", async () => {
  const args = [
    "infer",
    "--model",
    "breast-cancer",
    "--dataset",
    "breast-cancer",
    "--index",
    "0",
    "--count",
    "3",
  ];
  const { status, stdout, stderr } = await heMl(args);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toMatch(
    /^image 0, classified while encrypted by breast-cancer: benign, as labelled; largest error/,
  );
  expect(stdout).toMatch(/│ malignant │ +malignant │ +malignant │/);
});

test("classes of Fashion-MNIST are called by their names, whatever the model learned", async () => {
  const wide = defineModel({
    name: "wide",
    inputShape: [1, 28, 28],
    layers: [
      averagePoolLayer({ name: "pool1", kernelSize: 14 }),
      flattenLayer({ name: "flatten" }),
      linearLayer({ name: "fc1", weights: tensor([10, 4], waves(40, 1)) }),
    ],
  });
  const path = join(folder.path, "wide.onnx");
  await writeFile(path, writeOnnx(wide));
  const args = ["infer", "--model", path, "--dataset", "fashion-mnist", "--packing", "packed"];
  const { status, stdout } = await heMl(args);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^image 0, .*: [A-Z][\w /-]+, (as labelled|but labelled Ankle boot);/);
  expect(stdout).toMatch(/│ +0 │ .* │ Ankle boot │/);
});

describe("he-ml infer --image", () => {
  test("reads a picture twice as large, dark on light, and hints at --invert where that is left out", async () => {
    const ink = waves(36, 120).map((value) => Math.round(128 + value));
    const data = Uint8Array.from({ length: 144 }, (_, i) => {
      const [row, column] = [Math.floor(i / 12), i % 12];
      return 255 - ink[6 * Math.floor(row / 2) + Math.floor(column / 2)];
    });
    const picture = join(folder.path, "picture.png");
    await writeFile(picture, encode({ width: 12, height: 12, data, channels: 1 }));
    const flat = await writeJson(
      folder.path,
      "flat.json",
      ink.map((value) => value / 255),
    );
    const parameters = await writeJson(folder.path, "parameters.json", teachingParameters);
    const model = await writeModel(folder.path);
    const infer = ["infer", "--model", model, "--packing", "packed", "--parameters", parameters];
    const inverted = await heMl([...infer, "--image", picture, "--invert", "--json"]);
    expect({ status: inverted.status, stderr: inverted.stderr }).toEqual({ status: 0, stderr: "" });
    const [result] = (JSON.parse(inverted.stdout) as InferenceReport).results;
    const direct = await heMl([...infer, "--input", flat, "--json"]);
    const [expected] = (JSON.parse(direct.stdout) as InferenceReport).results;
    result.plainLogits.forEach((logit, i) => expect(logit).toBeCloseTo(expected.plainLogits[i], 5));

    const white = join(folder.path, "white.png");
    await writeFile(white, encode({ width: 6, height: 6, data: new Uint8Array(36).fill(255), channels: 1 }));
    const { status, stderr } = await heMl([...infer, "--image", white]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^he-ml: --image: .*light at its edges.*try --invert\n$/);
  });

  test.each([
    [["--image", "nope.png"], /there is no file "nope.png"/],
    [["--image", "README.md"], /no PNG file; expected a PNG or JPEG picture/],
    [["--image", "a.png", "--input", "b.json"], /exclude each other/],
    [["--image", "a.png", "--index", "1"], /--image are taken whole/],
    [["--dataset", "mnist", "--invert"], /--invert is for a picture/],
    [["--dataset", "fashion-mnist", "--dataset-dir", "nope"], /no t10k-images.* in "nope".*apt-get install/],
  ])("with %p is refused in one line", async (args, message) => {
    const { status, stdout, stderr } = await heMl(["infer", "--model", "mnist-small", ...args]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });
});
