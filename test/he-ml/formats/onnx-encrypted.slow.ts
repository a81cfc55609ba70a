import { expect, test } from "@jest/globals";
import { readdirSync } from "node:fs";
import { expectSameEncrypted } from "./encrypted.js";
import { loadExported } from "./onnx-fixtures.js";

/** Networks that are refused: see onnx-exporters.test.ts. */
const refused = /^(plain-only|residual)-/;

const files = readdirSync(new URL("../../fixtures/onnx/", import.meta.url))
  .filter((file) => file.endsWith(".onnx") && !refused.test(file))
  .map((file) => /^(.*?)-((?:opset10-|unfolded-)?(?:old|new)|tf2onnx)\.onnx$/.exec(file)!.slice(1));

test("there are files of every exporter", () => {
  expect(new Set(files.map(([, exporter]) => exporter))).toEqual(
    new Set(["old", "new", "unfolded-old", "opset10-old", "tf2onnx"]),
  );
});

test.each(files)("%s, %s: runs encrypted", async (name, exporter) => {
  const { network, inputs, outputs } = await loadExported(name, exporter);
  await expectSameEncrypted(network, inputs, outputs);
});
