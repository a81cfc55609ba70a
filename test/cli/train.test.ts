import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { heMl } from "./he-ml.js";
import { temporaryFolder, tinyModel } from "./support.js";
import { trainOnFewImages } from "./train-conversion.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let common: readonly string[];

beforeAll(async () => {
  folder = await temporaryFolder();
  common = await trainOnFewImages(folder.path);
});
afterAll(() => folder.remove());

// What it does: see train.slow.ts.
describe("he-ml train refuses in one line", () => {
  test.each([
    [[], /expected --arch lenet1, or --from with a model/],
    [["--arch", "lenet1", "--activation", "square"], /--activation replaces layers of a model/],
    [["--from", "lenet1-tanh", "--activation", "relu"], /expected one of square, polynomial, got "relu"/],
    [["--from", "lenet1-tanh", "--arch", "mnist-small"], /expected an initial model of layers/],
    [
      ["--from", "breast-cancer"],
      /model "breast-cancer": expected a batch \[n, 30\], got \[200, 1, 28, 28\]/,
    ],
    [["--from", "nope"], /there is no model "nope"/],
  ])("%p", async (args, message) => {
    const { status, stdout, stderr } = await heMl([...common, ...args, "--out", join(folder.path, "new")]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
    expect(stderr).toMatch(message);
  });

  test("a model of images of another size", async () => {
    const path = join(folder.path, "tiny.onnx");
    await writeFile(path, writeOnnx(tinyModel));
    const { status, stderr } = await heMl([...common, "--from", path, "--out", join(folder.path, "new")]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/train --from: model "tiny": expected a batch \[n, 1, 6, 6\]/);
  });
});
