import { describe, test } from "@jest/globals";
import { sliceDataset } from "../../src/train/dataset.js";
import { loadDataset } from "../../src/train/load-dataset.js";
import { checkLearning, checkSameAnswers } from "./brief-training.js";

// mnist-small: see train.test.ts and to-model.test.ts.
describe("lenet1, briefly trained", () => {
  test("lowers the loss on a few images and learns them", async () => {
    await checkLearning("lenet1", sliceDataset(await loadDataset("mnist", "test"), 0, 320));
  });

  test("says the same in tfjs, in our plain forward and in onnxruntime", () => checkSameAnswers("lenet1"));
});
