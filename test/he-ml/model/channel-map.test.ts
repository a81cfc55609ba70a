import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { layerForward } from "../../../src/he-ml/model/model.js";
import { tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import {
  applied,
  composed,
  foldedBehind,
  foldedBefore,
  identityMap,
  type ChannelMap,
} from "../../../src/he-ml/model/channel-map.js";
import { waves } from "../../cli/support.js";

const number = fc.double({ min: -3, max: 3, noNaN: true });

const mapOf = (channels: number): fc.Arbitrary<ChannelMap> =>
  fc.record({
    gains: fc
      .array(number, { minLength: channels, maxLength: channels })
      .map((values) => Float64Array.from(values)),
    offsets: fc
      .array(number, { minLength: channels, maxLength: channels })
      .map((values) => Float64Array.from(values)),
  });

function expectEqual(a: Tensor, b: Tensor): void {
  expect(a.shape).toEqual(b.shape);
  a.data.forEach((value, i) => expect(value).toBeCloseTo(b.data[i], 9));
}

const images = tensor([2, 4, 5, 5], waves(200, 1));
const layers = [
  convolutionalLayer({ weights: tensor([6, 4, 2, 3], waves(144, 1)), stride: 2 }),
  convolutionalLayer({
    weights: tensor([6, 2, 2, 2], waves(48, 1)),
    bias: tensor([6], waves(6, 2)),
    groups: 2,
  }),
  convolutionalLayer({ weights: tensor([4, 1, 3, 3], waves(36, 1)), groups: 4 }),
];

describe("a map of channels", () => {
  test("goes into the weights behind it", () => {
    fc.assert(
      fc.property(mapOf(4), fc.constantFrom(...layers), (map, layer) => {
        expectEqual(
          layerForward(foldedBefore(map, layer), images),
          layerForward(layer, applied(map, images)),
        );
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test("goes into a linear layer behind a flatten, a run of features for each channel", () => {
    const linear = linearLayer({ weights: tensor([3, 100], waves(300, 1)), bias: tensor([3], [1, 2, 3]) });
    const flat = (batch: Tensor) => layerForward(flattenLayer(), batch);
    fc.assert(
      fc.property(mapOf(4), (map) => {
        const expected = layerForward(linear, flat(applied(map, images)));
        expectEqual(layerForward(foldedBefore(map, linear), flat(images)), expected);
        expectEqual(flat(applied(map, images)), applied(map, flat(images)));
      }),
      { seed: 1, numRuns: 20 },
    );
  });

  test("goes into the weights before it, whatever their padding", () => {
    const padded = { ...layers[1], padding: { top: 1, bottom: 2, left: 0, right: 1 } };
    fc.assert(
      fc.property(mapOf(6), fc.constantFrom(layers[0], layers[1], padded), (map, layer) => {
        expectEqual(
          layerForward(foldedBehind(layer, map), images),
          applied(map, layerForward(layer, images)),
        );
      }),
      { seed: 1, numRuns: 50 },
    );
  });

  test("behind another is their composition; the identity changes nothing", () => {
    fc.assert(
      fc.property(mapOf(4), mapOf(4), (outer, inner) => {
        expectEqual(applied(composed(outer, inner), images), applied(outer, applied(inner, images)));
      }),
      { seed: 1, numRuns: 20 },
    );
    expectEqual(applied(identityMap(4), images), images);
  });
});
