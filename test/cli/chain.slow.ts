import { expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeOnnx } from "../../src/he-ml/formats/onnx/write.js";
import { linearLayer } from "../../src/he-ml/model/linear.js";
import { defineModel } from "../../src/he-ml/model/model.js";
import { squareLayer } from "../../src/he-ml/model/square.js";
import type { InferenceReport } from "../../src/he-ml/service/infer.js";
import { tensor } from "../../src/he-ml/tensor/tensor.js";
import { heMl } from "./he-ml.js";
import { temporaryFolder, waves, writeJson } from "./support.js";

test("a chain that is too short gives way to the one that would do, which is said; not one that the user gives", async () => {
  const folder = await temporaryFolder();
  const own = folder.path;
  const model = defineModel({
    name: "own",
    inputShape: [4],
    layers: [
      linearLayer({ name: "fc1", weights: tensor([3, 4], waves(12, 1)) }),
      squareLayer({ name: "square1" }),
      linearLayer({ name: "fc2", weights: tensor([2, 3], waves(6, 1)) }),
    ],
  });
  await writeFile(join(own, "model.onnx"), writeOnnx(model));
  const short = { polyModulusDegree: 8192, coeffModulusBits: [60, 40, 60], scaleBits: 40 };
  const parameters = await writeJson(own, "parameters.json", short);
  const args = ["infer", "--model", own, "--input", await writeJson(own, "big.json", [1e5, 2e3, 3e3, 4e3])];
  const { status, stdout, stderr } = await heMl([...args, "--json"]);
  expect(status).toBe(0);
  expect(stderr.split("\n")).toEqual([
    expect.stringMatching(
      /square "square1": .*too short.* would do; taken: N = 16384, primes \[60, 40, 40, 40 \| 60\]/,
    ),
    expect.stringMatching(/outgrow .* would do; taken: N = 16384, primes \[60, 40, 40, 40, 40 \| 60\]/),
    "",
  ]);
  const report = JSON.parse(stdout) as InferenceReport;
  expect(report.parameters.coeffModulusBits).toEqual([60, 40, 40, 40, 40, 60]);
  expect(report.gaps.encrypted.relativeToMax).toBeLessThan(1e-4);
  const given = await heMl([...args, "--parameters", parameters]);
  expect(given.status).toBe(2);
  expect(given.stderr).toMatch(/too short/);
  await folder.remove();
}, 300_000);
