import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { heMl } from "./he-ml.js";
import { temporaryFolder, writeModel } from "./support.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let model: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  model = await writeModel(folder.path);
});
afterAll(() => folder.remove());

test.each([
  [["advise"], /model/],
  [["advise", "nope"], /no model "nope"/],
  [["advise", "MODEL", "--goal", "speed"], /latency, throughput, upload/],
  [["advise", "MODEL", "--relative-error", "0"], /above 0/],
  [["advise", "MODEL", "--relative-error", ""], /above 0/],
  [["advise", "MODEL", "--security", "teaching"], /128, 192, 256/],
  [
    ["advise", "MODEL", "--figure", "front.pdf"],
    /--figure: expected a file that ends in .svg or .png, got "front.pdf"/,
  ],
  [["advise", "MODEL", "--index", "3"], /choose from a dataset, and model ".*" names none; give --dataset/],
])("he-ml %j is refused in one line", async (args, message) => {
  const { status, stdout, stderr } = await heMl(args.map((word) => (word === "MODEL" ? model : word)));
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  expect(stderr).toMatch(/^he-ml: [^\n]+\n$/);
  expect(stderr).toMatch(message);
});
