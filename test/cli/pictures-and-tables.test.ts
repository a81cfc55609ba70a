import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encode } from "fast-png";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { averagePoolLayer } from "../../src/he-ml/model/average-pool.js";
import { flattenLayer } from "../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../src/he-ml/model/linear.js";
import { defineModel, modelForward } from "../../src/he-ml/model/model.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { heMl } from "./he-ml.js";
import { teachingParameters, temporaryFolder, tinyModel, waves, writeJson, writeModel } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** A small degree, and one worker thread, since each takes half a second to start. */
let quick: readonly string[];

beforeAll(async () => {
  folder = await temporaryFolder();
  quick = ["--threads", "1", "--parameters", await writeJson(folder.path, "quick.json", teachingParameters)];
});
afterAll(() => folder.remove());

test("a row of a table is classified while encrypted, and its class is called by its name", async () => {
  const args = [
    ...["infer", "--model", "breast-cancer", "--dataset", "breast-cancer", "--index", "0", "--count", "3"],
    ...quick,
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
  const args = ["infer", "--model", path, "--dataset", "fashion-mnist", "--packing", "packed", ...quick];
  const { status, stdout } = await heMl(args);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^image 0, .*: [A-Z][\w /-]+, (as labelled|but labelled Ankle boot);/);
  expect(stdout).toMatch(/│ +0 │ .* │ Ankle boot │/);
});

describe("he-ml infer --image", () => {
  test("reads a picture twice as large, dark on light", async () => {
    const ink = waves(36, 120).map((value) => Math.round(128 + value));
    const data = Uint8Array.from({ length: 144 }, (_, i) => {
      const [row, column] = [Math.floor(i / 12), i % 12];
      return 255 - ink[6 * Math.floor(row / 2) + Math.floor(column / 2)];
    });
    const picture = join(folder.path, "picture.png");
    await writeFile(picture, encode({ width: 12, height: 12, data, channels: 1 }));
    const { status, stdout, stderr } = await heMl([
      ...["infer", "--model", await writeModel(folder.path), "--packing", "packed", ...quick],
      ...["--image", picture, "--invert", "--json"],
    ]);
    // Without --invert it hints at that: see process.slow.ts.
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [result] = (JSON.parse(stdout) as InferenceReport).results;
    const image = tensor(
      [1, 1, 6, 6],
      ink.map((value) => value / 255),
    );
    const expected = modelForward(tinyModel, image).at(-1)!;
    result.plainLogits.forEach((logit, i) => expect(logit).toBeCloseTo(expected.data[i], 5));
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
