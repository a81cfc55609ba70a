import { describe, expect, test } from "@jest/globals";
import type { EncodedLayer } from "../../../src/he-ml/layers/encoded-layer.js";
import { convolutional } from "../../../src/he-ml/layers/convolutional.js";
import { averagePool } from "../../../src/he-ml/layers/functional/average-pool.js";
import { flatten } from "../../../src/he-ml/layers/functional/flatten.js";
import { padding } from "../../../src/he-ml/layers/functional/padding.js";
import { polynomial } from "../../../src/he-ml/layers/functional/polynomial.js";
import { square } from "../../../src/he-ml/layers/functional/square.js";
import { linear } from "../../../src/he-ml/layers/linear.js";
import { encodeLayer } from "../../../src/he-ml/layers/encode.js";
import { transposedConvolutionalLayer } from "../../../src/he-ml/model/transposed-convolutional.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { tensor, zeros } from "../../../src/he-ml/tensor/tensor.js";
import { fractional, integers, openBfv, withoutKeySwitching, type BfvSide } from "../crypto/bfv/support.js";
import { maxAbsDifference, randomTensor, thrownBy } from "../support.js";

const sides = { fractional: await openBfv(fractional), integers: await openBfv(integers) };
/** Integers take several images at once at no more cost. */
const imagesOf = {
  fractional: randomTensor([1, 2, 3, 3], 1),
  integers: randomTensor([3, 2, 3, 3], 1),
};

/** What rounding images and weights to 4 bits behind the point does to sums of some terms, generously. */
const tolerances = { fractional: 1e-7, integers: 0.5 };

const layers: Readonly<Record<string, (he: BfvSide["he"]) => EncodedLayer>> = {
  convolutional: (he) =>
    convolutional(he, { weights: randomTensor([2, 2, 2, 2], 2), bias: tensor([2], [0.5, -1]), padding: 1 }),
  "convolutional in groups": (he) =>
    convolutional(he, { weights: randomTensor([2, 1, 3, 3], 3), groups: 2, stride: 2, padding: 1 }),
  "transposed convolutional": (he) =>
    encodeLayer(
      he,
      transposedConvolutionalLayer({ name: "up", weights: randomTensor([2, 1, 2, 2], 4), stride: 2 }),
    ),
  square,
  averagePool: (he) => averagePool(he, { kernelSize: 2, stride: 1 }),
  "averagePool at a border": (he) =>
    averagePool(he, { kernelSize: 3, stride: 2, padding: 1, countIncludePad: false }),
  flatten,
  padding: (he) => padding(he, { padding: 1 }),
  polynomial: (he) => polynomial(he, { coefficients: [0.5, -0.25, 1] }),
  "polynomial with a negative lead": (he) => polynomial(he, { coefficients: [0, 0.5, -0.5] }),
};

describe.each(["fractional", "integers"] as const)("%s", (encoding) => {
  const side = sides[encoding];
  const images = imagesOf[encoding];

  test.each(Object.entries(layers))("%s gives what it gives in the clear, at level 1", (_, make) => {
    const layer = make(side.he);
    using input = side.encrypt(images);
    using output = layer(input);
    const expected = layer.plain(images);
    const decrypted = side.decrypt(output);
    expect(decrypted.shape).toEqual(expected.shape);
    expect(maxAbsDifference(decrypted.data, expected.data)).toBeLessThan(tolerances[encoding]);
    expect({ level: output.level, scale: output.scale }).toEqual(
      layer.outputState({ level: 1, scale: input.scale }, [2, 3, 3]),
    );
    expect(side.budget(output)).toBeLessThanOrEqual(side.budget(input));
    // The input is as it was.
    expect(maxAbsDifference(side.decrypt(input).data, images.data)).toBeLessThan(tolerances[encoding]);
  });

  test("zero weights and zero images are legal, and encrypted", () => {
    const make = (weights: readonly number[]) =>
      linear(side.he, { weights: tensor([2, 2], weights), bias: tensor([2], [0, 0.5]) });
    using zero = side.encrypt(zeros([2, 2]));
    using some = side.encrypt(tensor([2, 2], [1, 2, 3, 4]));
    using ofZeroWeights = make([0, 0, 1, 0])(some);
    expect(Array.from(side.decrypt(ofZeroWeights).data)).toEqual([0, 1.5, 0, 3.5]);
    using ofZeroImages = make([1, 2, 3, 4])(zero);
    expect(Array.from(side.decrypt(ofZeroImages).data)).toEqual([0, 0.5, 0, 0.5]);
    using squared = square(side.he)(zero);
    expect(Array.from(side.decrypt(squared).data)).toEqual([0, 0, 0, 0]);
  });

  test("budgets shrink with products, and most with those of ciphertexts", () => {
    using input = side.encrypt(images);
    using summed = layers.convolutional(side.he)(input);
    using squared = square(side.he)(summed);
    const budgets = [input, summed, squared].map((tensor) => side.budget(tensor));
    expect(budgets[0]).toBeGreaterThan(budgets[1]);
    expect(budgets[1] - budgets[2]).toBeGreaterThan(budgets[0] - budgets[1]);
    expect(budgets[2]).toBeGreaterThan(0);
  });
});

describe("one prime, which leaves no room for key switching", () => {
  const open = openBfv(withoutKeySwitching);

  test("runs convolutions, pools and linear layers, and refuses a square by its name", async () => {
    const side = await open;
    using input = side.encrypt(
      tensor(
        [1, 1, 3, 3],
        Float64Array.from({ length: 9 }, (_, i) => i / 255),
      ),
    );
    const conv = convolutional(side.he, { weights: randomTensor([1, 1, 2, 2], 2) });
    using features = conv(input);
    using pooled = averagePool(side.he, { kernelSize: 2 })(features);
    expect(side.decrypt(pooled).data[0]).toBeCloseTo(
      conv.plain(side.decrypt(input)).data.reduce((sum, x) => sum + x, 0) / 4,
      7,
    );
    const error = thrownBy(() => square(side.he, { name: "act" })(features));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toBe(
      `square "act": relinearize: one prime of 54 bits at polyModulusDegree 2048 leaves no room for key switching; ` +
        `use polyModulusDegree 4096 or more, with two primes at least`,
    );
  });

  test("has no relinearization keys, and refuses to make or take some", async () => {
    const { client } = await open;
    expect(Object.keys(client.exportEvaluationKeys())).toEqual(["publicKey"]);
    expect(thrownBy(() => client.exportEvaluationKeys([], { relinearization: true }))).toBeInstanceOf(
      InputError,
    );
  });
});
