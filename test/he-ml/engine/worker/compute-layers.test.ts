import { expect, test } from "@jest/globals";
import { checkBfvParameters } from "../../../../src/he-ml/crypto/bfv/parameters.js";
import { SecretContext } from "../../../../src/he-ml/crypto/secret-context.js";
import { linearLayer } from "../../../../src/he-ml/model/linear.js";
import { defineModel } from "../../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../../src/he-ml/model/square.js";
import type { ComputedLayers } from "../../../../src/he-ml/engine/worker/compute-layers.js";
import { computeLayers } from "../../../../src/he-ml/engine/worker/compute-layers.js";
import { tensor } from "../../../../src/he-ml/tensor/tensor.js";
import { rejectedBy } from "../../support.js";

const model = defineModel({
  name: "two",
  inputShape: [2],
  layers: [
    linearLayer({ name: "fc", weights: tensor([1, 2], [0.5, -2]), bias: tensor([1], [1]) }),
    squareLayer({ name: "square" }),
  ],
});
const spec = { scheme: "bfv", polyModulusDegree: 4096, plainModulus: 1032193 } as const;

// The rest is in compute-layers.slow.ts.
test("a linear layer needs no keys, and a square is refused without", async () => {
  const client = await SecretContext.create(checkBfvParameters(spec));
  const { ciphertexts, scale } = client.encrypt(tensor([1, 2], [3, 0.25]), { packing: "scalar" });
  const request = {
    layers: [0],
    parameters: spec,
    images: 1,
    shape: [2],
    scale,
    keys: { publicKey: false, relinKeys: false },
  };
  const { sections, about, traces } = await computeLayers({ model, request }, ciphertexts);
  const { shape } = about as ComputedLayers;
  expect(client.decrypt({ packing: "scalar", images: 1, shape, scale, ciphertexts: sections }).data[0]).toBe(
    2,
  );
  expect(traces).toHaveLength(1);
  const refused = await rejectedBy(() =>
    computeLayers({ model, request: { ...request, layers: [0, 1] } }, ciphertexts),
  );
  expect((refused as Error).message).toContain(
    'square "square" multiplies ciphertexts, which takes relinearization keys',
  );
});
