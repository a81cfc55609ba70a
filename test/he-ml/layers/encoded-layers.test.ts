import { beforeAll, describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import { layerPackings } from "../../../src/he-ml/crypto/packing.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { convolutional } from "../../../src/he-ml/layers/convolutional.js";
import type { EncodedLayer } from "../../../src/he-ml/layers/encoded-layer.js";
import { averagePool } from "../../../src/he-ml/layers/functional/average-pool.js";
import { flatten } from "../../../src/he-ml/layers/functional/flatten.js";
import { padding } from "../../../src/he-ml/layers/functional/padding.js";
import { square } from "../../../src/he-ml/layers/functional/square.js";
import { linear } from "../../../src/he-ml/layers/linear.js";
import { ChainTooShortError } from "../../../src/he-ml/layers/rescaling.js";
import { layerForward } from "../../../src/he-ml/model/model.js";
import { tensor, zeros, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import {
  classicParameters,
  lazyParameters,
  maxAbsDifference,
  openClear,
  openSeal,
  randomTensor,
  sigmas,
  thrownBy,
  type SealSide,
} from "../support.js";
import { checkOnSeal, checkOnTwin } from "./layer-checks.js";
import { layerCases, layerKinds } from "./random-layers.js";

// Under the other chain, and on many more cases: see encoded-layers.slow.ts.
test.each(layerKinds)(
  "%s: random layers on the clear twin equal the plain layer within the rounding of weights, terms·|x|·2^-(weightScaleBits + 1)",
  (kind) => {
    const side = openClear(lazyParameters);
    fc.assert(
      fc.property(layerCases(kind), (layerCase) => {
        checkOnTwin(side, layerCase);
      }),
      { seed: 11, numRuns: 15 },
    );
  },
);

let seal: SealSide;
beforeAll(async () => {
  seal = await openSeal(lazyParameters);
});

test.each(layerKinds)(
  `%s on SEAL: random layers equal the plain layer within ${sigmas} predicted standard deviations and the rounding of weights`,
  (kind) => {
    const clear = openClear(lazyParameters);
    fc.assert(
      fc.property(layerCases(kind), (layerCase) => checkOnSeal(seal, clear, layerCase)),
      { seed: 12, numRuns: 3, endOnFailure: true },
    );
  },
);

describe("zeros, on SEAL and on the clear twin", () => {
  const clear = openClear(lazyParameters);

  const image = randomTensor([1, 1, 3, 3], 3);
  const black = zeros([1, 1, 3, 3]);
  const someBias = tensor([2], [0.5, 0]);
  const convolutions: [string, Tensor, Tensor | undefined, Tensor][] = [
    ["an all-zero filter without bias", zeros([2, 1, 2, 2]), undefined, image],
    ["an all-zero filter with a bias of which one is zero", zeros([2, 1, 2, 2]), someBias, image],
    ["one zero filter of two", tensor([2, 1, 1, 2], [0, 0, 1, -1]), someBias, image],
    ["weights that round to zero", tensor([2, 1, 1, 1], [1e-9, -1e-9]), someBias, image],
    ["a black image", randomTensor([2, 1, 2, 2], 4), someBias, black],
    ["a black image, a zero filter and no bias", zeros([2, 1, 2, 2]), undefined, black],
    ["weights that add up to zero", tensor([2, 1, 1, 2], [1, -1, -0.5, 0.5]), undefined, image],
  ];
  test.each(convolutions)("convolution: %s", (_, weights, bias, batch) => {
    for (const packing of layerPackings) {
      checkOnSeal(seal, clear, {
        layer: convolutional(seal.evaluator, { weights, bias }).layer,
        batch,
        packing,
      });
    }
  });

  test("linear: all weights zero, with and without bias", () => {
    for (const bias of [undefined, someBias]) {
      const { layer } = linear(seal.evaluator, { weights: zeros([2, 3]), bias });
      checkOnSeal(seal, clear, { layer, batch: randomTensor([2, 3], 1), packing: "batch" });
    }
  });

  test("square and average pool of a black image", () => {
    for (const { layer } of [square(seal.evaluator), averagePool(seal.evaluator, { kernelSize: 2 })]) {
      checkOnSeal(seal, clear, { layer, batch: black, packing: "scalar" });
    }
  });

  test("a convolution whose window lies in the padding altogether leaves the bias", () => {
    const { layer } = convolutional(seal.evaluator, {
      weights: tensor([1, 1, 1, 1], [2]),
      bias: tensor([1], [0.25]),
      padding: 2,
    });
    checkOnSeal(seal, clear, { layer, batch: tensor([1, 1, 1, 1], [1]), packing: "scalar" });
  });

  test("encrypted zeros of a padding layer do not cancel out under weights that add up to zero", () => {
    const batch = tensor([1, 1, 1, 1], [0.5]);
    for (const side of [seal, clear]) {
      const pad = padding(side.evaluator, { padding: { top: 0, bottom: 0, left: 2, right: 2 } });
      const conv = convolutional(side.evaluator, { weights: tensor([1, 1, 1, 2], [1, -1]) });
      using input = side.encrypt(batch, "batch");
      using padded = pad(input);
      using edges = conv(padded);
      expect(maxAbsDifference(side.decrypt(edges).data, [0, -0.5, 0.5, 0])).toBeLessThan(0.01);
    }
  });
});

describe("sizes at the limit", () => {
  test("a single 1×1 image runs through every kind of layer", () => {
    const batch = tensor([1, 1, 1, 1], [0.75]);
    for (const packing of layerPackings) {
      const layers = [
        convolutional(seal.evaluator, { weights: tensor([1, 1, 1, 1], [2]), bias: tensor([1], [-0.5]) }),
        square(seal.evaluator),
        averagePool(seal.evaluator, { kernelSize: 1 }),
        flatten(seal.evaluator),
        linear(seal.evaluator, { weights: tensor([1, 1], [0.5]) }),
      ];
      let current = seal.encrypt(batch, packing);
      for (const layer of layers) current = layer(current);
      expect(current.shape).toEqual([1]);
      expect(current.ciphertexts).toHaveLength(1);
      expect(seal.decrypt(current).data[0]).toBeCloseTo(0.5, 1);
    }
  });

  test("a batch that fills all slots: every image gets its own result", () => {
    const { slots } = lazyParameters;
    const weights = tensor([2, 2], [1, -0.5, 0.25, 2]);
    const layer = linear(seal.evaluator, { weights, bias: tensor([2], [0.5, -1]) });
    const batch = randomTensor([slots, 2], 8);
    using input = seal.encrypt(batch, "batch");
    using output = layer(input);
    expect([output.images, output.ciphertexts.length]).toEqual([slots, 2]);
    const expected = layerForward(layer.layer, batch);
    expect(maxAbsDifference(seal.decrypt(output).data, expected.data)).toBeLessThan(0.01);
  });
});

describe("refusals", () => {
  const clear = openClear(lazyParameters);
  const he = clear.evaluator;

  test.each<[string, () => EncodedLayer, number[], RegExp]>([
    [
      "channels",
      () => convolutional(he, { name: "conv1", weights: zeros([2, 1, 2, 2]) }),
      [3, 4, 4],
      /^convolutional "conv1": input has 3 channels, weights expect 1; convert the image to grayscale first$/,
    ],
    [
      "a flat image",
      () => convolutional(he, { name: "conv1", weights: zeros([2, 1, 2, 2]) }),
      [16],
      /^convolutional "conv1": expected an image .* got 16/,
    ],
    [
      "too small an image",
      () => convolutional(he, { name: "conv1", weights: zeros([2, 1, 5, 5]) }),
      [1, 4, 4],
      /^convolutional "conv1": its window of 5×5 does not fit into the padded image of 4×4/,
    ],
    [
      "features",
      () => linear(he, { name: "fc1", weights: zeros([2, 3]) }),
      [4],
      /^linear "fc1": input has 4 features, weights expect 3$/,
    ],
    [
      "an image for a linear layer",
      () => linear(he, { name: "fc1", weights: zeros([2, 3]) }),
      [3, 1, 1],
      /^linear "fc1": expected 3 features, got 3×1×1; put a flatten layer before it$/,
    ],
  ])("%s that do not fit are refused before anything is computed", (_, make, shape, message) => {
    const input = clear.encrypt(zeros([1, ...shape]), "scalar");
    const before = he.operations;
    const error = thrownBy(() => make()(input));
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
    expect(he.operations).toEqual(before);
  });

  test("a product beyond the primes that are left is refused with the layer's name and the chain", () => {
    const input = clear.encrypt(tensor([1, 1], [0.5]), "scalar");
    const low = he.modSwitchTo(input.ciphertexts[0], 1);
    he.setScaleInplace(low, 2 ** 26);
    const layer = square(he, { name: "act9" });
    const error = thrownBy(() => layer.outputState(low, [1]));
    expect(error).toBeInstanceOf(ChainTooShortError);
    expect((error as Error).message).toBe(
      `square "act9": the chain [50, 60, 48 | 60] is too short: the product's scale of 2^52.0 does not fit into ` +
        `the 50 bits left at level 1`,
    );
  });

  test("a ciphertext of another context is refused, and what was computed until then is not returned", async () => {
    const other = await openSeal(lazyParameters);
    using foreign = other.encrypt(tensor([1, 2], [1, 2]), "scalar");
    const layer = linear(seal.evaluator, { weights: tensor([1, 2], [1, 1]) });
    expect(() => layer(foreign)).toThrow(/it belongs to another context/);
  });
});

describe("rescaling at the waterline", () => {
  test("lazy: 36, 72 → 24 and 40 bits of scale under [50, 60, 48 | 60]", () => {
    const { evaluator } = openClear(lazyParameters);
    const [p0, p1, p2] = lazyParameters.coeffModulus.map(Number);
    expect([p0, p1].every((prime) => prime > 2 ** 49)).toBe(true);
    const fc1 = linear(evaluator, { weights: zeros([1, 1]) });
    const fresh = { level: 3, scale: 2 ** 20 };
    expect(fc1.outputState(fresh, [1])).toEqual({ level: 3, scale: 2 ** 36 });
    const squared = square(evaluator).outputState({ level: 3, scale: 2 ** 36 }, [1]);
    expect(squared).toEqual({ level: 2, scale: 2 ** 72 / p2 });
    expect(fc1.outputState(squared, [1])).toEqual({ level: 2, scale: (2 ** 72 / p2) * 2 ** 16 });
  });

  test("classic: one rescale a multiplication, and pooling costs log2 of its divisor in scale", () => {
    const { evaluator } = openClear(classicParameters);
    const [, , p2, p3] = classicParameters.coeffModulus.map(Number);
    const fresh = { level: 4, scale: 2 ** 40 };
    const conv = convolutional(evaluator, { weights: zeros([1, 1, 1, 1]) });
    const first = conv.outputState(fresh, [1, 4, 4]);
    expect(first).toEqual({ level: 3, scale: 2 ** 80 / p3 });
    expect(square(evaluator).outputState({ level: 3, scale: 2 ** 41 }, [1])).toEqual({
      level: 2,
      scale: 2 ** 82 / p2,
    });
    const pool = averagePool(evaluator, { kernelSize: [2, 3] });
    expect(pool.outputState(fresh, [1, 2, 3])).toEqual({ level: 4, scale: 2 ** 40 * 6 });
    // Without padding in the mean, border pixels divide by 4, 6 and 9: 36 is their least common multiple.
    const border = averagePool(evaluator, { kernelSize: 3, stride: 1, padding: 1, countIncludePad: false });
    expect(border.outputState(fresh, [1, 3, 3])).toEqual({ level: 4, scale: 2 ** 40 * 36 });
  });
});
