import { describe, expect, test } from "@jest/globals";
import { checkBfvParameters } from "../../../src/he-ml/crypto/bfv/parameters.js";
import { DecryptionFailedError } from "../../../src/he-ml/crypto/decryption-failed-error.js";
import { encodeLayer } from "../../../src/he-ml/layers/encode.js";
import { forward } from "../../../src/he-ml/layers/forward.js";
import { collect } from "../../../src/he-ml/layers/run.js";
import { modelForward } from "../../../src/he-ml/model/model.js";
import { encryptableModel } from "../../../src/he-ml/model/unsupported-layers.js";
import { valueRanges } from "../../../src/he-ml/model/value-range.js";
import { loadNetwork } from "../../../src/he-ml/node/files/load-model.js";
import { buildFromPytorch } from "../../../src/he-ml/program/build-from-pytorch.js";
import { CoefficientOverflowError } from "../../../src/he-ml/program/plain-modulus.js";
import { argmax, imageAt, tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { loadTestImages } from "../../../src/train/load-dataset.js";
import { openBfv } from "../crypto/bfv/support.js";
import { rejectedBy, thrownBy } from "../support.js";

const model = encryptableModel(await loadNetwork("models/lenet1-12x12"));
const { images } = await loadTestImages(
  "mnist-12x12",
  Array.from({ length: 8 }, (_, i) => i),
);
const ranges = valueRanges(model, images, modelForward(model, images));
const side = await openBfv(
  checkBfvParameters({ scheme: "bfv", polyModulusDegree: 4096, plainModulus: 2 ** 22 - 3 }),
);
const { reencryptor, budget: noiseBudget, decrypt } = side;

describe("lenet1's layers on 12×12, one value a ciphertext, m = 4096 and a p of 22 bits", () => {
  test("without re-encryption: refused, and the budget is gone at a named layer where nobody asks", async () => {
    const refused = thrownBy(() => buildFromPytorch(side.he, model, { valueRanges: ranges }));
    expect(refused).toBeInstanceOf(CoefficientOverflowError);
    const unchecked = model.layers.map((layer, index) => encodeLayer(side.he, layer, index));
    const twin = { input: imageOf(0), decrypt, noiseBudget };
    const error = await rejectedBy(() => collect(forward(unchecked, side.encrypt(imageOf(0)), { twin })));
    expect(error).toBeInstanceOf(DecryptionFailedError);
    expect((error as Error).message).toMatch(/^square "square2": decrypt: the noise budget/);
  }, 300_000);

  test("with re-encryption where it is named: budget left throughout, and no flip on 8 images", async () => {
    const reencryptPositions: number[] = [];
    const build = () =>
      buildFromPytorch(side.he, model, { valueRanges: ranges, reencryptPositions, reencryptor });
    for (let refused = thrownBy(build); refused !== undefined; refused = thrownBy(build)) {
      expect(refused).toBeInstanceOf(CoefficientOverflowError);
      reencryptPositions.push((refused as CoefficientOverflowError).layer);
    }
    expect(reencryptPositions).toEqual([3, 5]);
    const layers = build();
    const expected = modelForward(model, images).at(-1)!;
    for (let index = 0; index < 8; index++) {
      const twin = { input: imageOf(index), decrypt, noiseBudget };
      const { output, traces } = await collect(forward(layers, side.encrypt(imageOf(index)), { twin }));
      for (const { after, error } of traces) {
        expect(after.noiseBudget).toBeGreaterThan(0);
        expect(error!.maxAbs).toBeLessThan(1e-7);
      }
      expect(argmax(decrypt(output).data)).toBe(argmax(imageAt(expected, index).data));
      output[Symbol.dispose]();
    }
  }, 900_000);
});

function imageOf(index: number): Tensor {
  return tensor([1, 1, 12, 12], imageAt(images, index).data);
}
