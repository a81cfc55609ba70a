import { expect, test } from "@jest/globals";
import { checkRandomGraph } from "./random-onnx-graphs.js";

test("a few random graphs give what onnxruntime gives, or are refused", async () => {
  let same = 0;
  for (let seed = 0; seed < 30; seed++) if ((await checkRandomGraph(seed)).kind === "same") same++;
  expect(same).toBeGreaterThan(15);
});
