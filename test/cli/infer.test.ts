import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { heMl } from "./he-ml.js";
import { teachingParameters, temporaryFolder, writeJson } from "./support.js";
import { checkTinyInference, inferTiny } from "./tiny-inference.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let common: readonly string[];
let teaching: readonly string[];
/** One worker thread, since each takes half a second to start. */
const alone = ["--threads", "1"];

beforeAll(async () => {
  folder = await temporaryFolder();
  common = await inferTiny(folder.path);
  teaching = ["--parameters", await writeJson(folder.path, "teaching.json", teachingParameters)];
});
afterAll(() => folder.remove());

describe("he-ml infer on a tiny convolutional model", () => {
  // In another packing, from a file of PyTorch's, and with the chain that it gets of itself: see infer.slow.ts.
  test("packing batch: the design's JSON, logits within 1 % of onnxruntime's", () =>
    checkTinyInference([...common, ...teaching], "batch", { security: "teaching", scaleBits: 20 }, 0.02));

  test("without --json: the first line is the first image's", async () => {
    const { status, stdout } = await heMl([...common, ...teaching, ...alone]);
    expect(status).toBe(0);
    expect(stdout.split("\n")[0]).toMatch(/^image 0, classified while encrypted by .*: [012]; largest error/);
  });

  test("Ctrl-C ends it with status 130, and takes the bar away that is drawn on a terminal", async () => {
    const { status, stdout, stderr } = await heMl([...common, ...teaching, ...alone], {
      terminal: true,
      interruptAt: /conv1 [█░]{30} \d+\/\d+/,
    });
    expect({ status, stdout }).toEqual({ status: 130, stdout: "" });
    expect(stderr).toMatch(/conv1 [█░]{30} .*\u001b\[2Khe-ml: interrupted\n$/s);
  });
});
