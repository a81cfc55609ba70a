import { test } from "@jest/globals";
import { checkWrittenModels } from "./write-onnx.js";

test("what is written means the same when it is read, and to onnxruntime: 300 models", () =>
  checkWrittenModels(300));
