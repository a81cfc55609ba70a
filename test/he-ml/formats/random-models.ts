import fc from "fast-check";
import { averagePoolLayer } from "../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { identityLayer } from "../../../src/he-ml/model/identity.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import {
  defineModel,
  layerOutputShape,
  type Layer,
  type LayerKind,
  type Model,
} from "../../../src/he-ml/model/model.js";
import { paddingLayer } from "../../../src/he-ml/model/padding.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import type { Shape } from "../../../src/he-ml/tensor/tensor.js";
import { randomTensor } from "./onnx-support.js";

/** A kind of layer, and numbers from which its options are made once the shape of its input is known. */
interface Step {
  readonly kind: LayerKind;
  readonly numbers: readonly number[];
}

const kinds: readonly LayerKind[] = [
  "convolutional",
  "linear",
  "square",
  "polynomial",
  "averagePool",
  "flatten",
  "padding",
  "identity",
];

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  numbers: fc.array(fc.nat({ max: 1000 }), { minLength: 12, maxLength: 12 }),
});

const sidesOf = ([top, bottom, left, right]: readonly number[], limit: number) => ({
  top: top % limit,
  bottom: bottom % limit,
  left: left % limit,
  right: right % limit,
});

/** The layer, or undefined where the shape does not allow such a one. */
function layerOf({ kind, numbers }: Step, name: string, shape: Shape): Layer | undefined {
  const [a, b, c, d, e, f, ...sides] = numbers;
  const [channels, height, width] = shape;
  const isImage = shape.length === 3;
  const range = (x: number) => (x - 500) / 500;
  switch (kind) {
    case "convolutional": {
      if (!isImage) return undefined;
      const groups = channels % 2 === 0 && a % 2 === 0 ? 2 : 1;
      const outputs = groups * (1 + (b % 2));
      const kernel = [1 + (c % Math.min(3, height)), 1 + (d % Math.min(3, width))];
      return convolutionalLayer({
        name,
        weights: randomTensor([outputs, channels / groups, ...kernel], a),
        bias: e % 2 === 0 ? randomTensor([outputs], b) : undefined,
        stride: [1 + (e % 2), 1 + (f % 3)],
        padding: sidesOf(sides, 3),
        dilation: [kernel[0] > 1 && (kernel[0] - 1) * 2 < height ? 2 : 1, 1],
        groups,
      });
    }
    case "linear":
      if (isImage) return undefined;
      return linearLayer({
        name,
        weights: randomTensor([1 + (a % 4), channels], b),
        bias: c % 2 === 0 ? randomTensor([1 + (a % 4)], d) : undefined,
      });
    case "averagePool": {
      if (!isImage) return undefined;
      const kernelSize = [1 + (a % Math.min(4, height)), 1 + (b % Math.min(4, width))] as const;
      const limit = Math.floor(Math.min(...kernelSize) / 2) + 1;
      return averagePoolLayer({
        name,
        kernelSize,
        stride: [1 + (c % 3), 1 + (d % 3)],
        padding: sidesOf(sides, limit),
        countIncludePad: e % 2 === 0,
      });
    }
    case "padding":
      return isImage ? paddingLayer({ name, padding: sidesOf(sides, 3) }) : undefined;
    case "polynomial":
      return polynomialLayer({
        name,
        coefficients: [a, b, c, d]
          .slice(0, 2 + (e % 3))
          .map(range)
          .map(Math.fround),
      });
    case "square":
      return squareLayer({ name });
    case "flatten":
      return flattenLayer({ name });
    case "identity":
      return identityLayer({ name });
  }
}

/** Models of any layers that fit together, with weights that a float32 holds. */
export const randomModel: fc.Arbitrary<Model> = fc
  .record({
    image: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 2, max: 7 }),
      fc.integer({ min: 2, max: 7 }),
    ),
    isFlat: fc.boolean(),
    steps: fc.array(step, { minLength: 1, maxLength: 9 }),
  })
  .map(({ image, isFlat, steps }) => {
    const inputShape = isFlat ? [image[1]] : image;
    const layers: Layer[] = [];
    let shape: Shape = inputShape;
    for (const drawn of steps) {
      const layer = layerOf(drawn, `${drawn.kind}.${layers.length}`, shape);
      if (!layer) continue;
      layers.push(layer);
      shape = layerOutputShape(layer, shape);
    }
    if (layers.length === 0) layers.push(flattenLayer());
    return defineModel({ name: "random", inputShape, layers });
  });
