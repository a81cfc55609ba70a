import { expect, test } from "@jest/globals";
import { checkRandomGraph } from "./random-onnx-graphs.js";

test("random graphs give what onnxruntime gives, or are refused", async () => {
  let same = 0;
  for (let seed = 1000; seed < 1600; seed++) if ((await checkRandomGraph(seed)).kind === "same") same++;
  expect(same).toBeGreaterThan(300);
});
