import { test } from "@jest/globals";
import { expectSameEncrypted } from "./encrypted.js";
import { loadExported } from "./onnx-fixtures.js";

test.each([
  ["polynomials", "old"],
  ["dense", "tf2onnx"],
])("%s, %s: runs encrypted", async (name, exporter) => {
  const { network, inputs, outputs } = await loadExported(name, exporter);
  await expectSameEncrypted(network, inputs, outputs);
});
