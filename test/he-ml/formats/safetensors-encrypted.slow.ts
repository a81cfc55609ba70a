import { test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadModel } from "../../../src/he-ml/node/files/load-model.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";
import { expectSameEncrypted } from "./encrypted.js";

test("a safetensors file with a description runs encrypted", async () => {
  const folder = new URL("../../fixtures/safetensors/", import.meta.url);
  const { description, inputs, outputs } = JSON.parse(
    readFileSync(new URL("cases.json", folder), "utf8"),
  ) as {
    description: unknown;
    inputs: number[][];
    outputs: { F32: number[][] };
  };
  const model = await loadModel(fileURLToPath(new URL("F32.safetensors", folder)), { description });
  await expectSameEncrypted(model, tensor([2, 2, 8, 8], inputs.flat()), tensor([2, 3], outputs.F32.flat()));
});
