import * as fc from "fast-check";
import { averagePoolLayer } from "../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import type { Pair, Padding } from "../../../src/he-ml/model/layer.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import { defineModel, layerOutputShape, type Layer, type Model } from "../../../src/he-ml/model/model.js";
import { paddingLayer } from "../../../src/he-ml/model/padding.js";
import { polynomialLayer } from "../../../src/he-ml/model/polynomial.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { unflattenLayer } from "../../../src/he-ml/model/unflatten.js";
import { sizeOf, type Shape, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { randomTensor, seededRandom } from "../support.js";

/** What a layer is drawn with; how much of it fits depends on the shape that comes before it. */
interface Draft {
  readonly kind: "convolutional" | "averagePool" | "padding" | "square" | "flatten" | "linear";
  readonly seed: number;
  readonly sparsity: "none" | "some" | "filters" | "all";
  readonly bias: boolean;
  readonly outputs: number;
  readonly groups: number;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly padding: Padding;
  readonly ownStride: boolean;
  readonly countIncludePad: boolean;
}

export interface NetworkSizes {
  /** Least and most pixels of an image's height and width. */
  readonly sides: Pair;
  readonly kernel: number;
  readonly channels: number;
  readonly features: number;
  readonly layers: number;
}

export const smallNetworks: NetworkSizes = { sides: [1, 7], kernel: 3, channels: 3, features: 12, layers: 6 };
const mostSquares = 3;

const between = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number): fc.Arbitrary<Pair> => fc.tuple(between(min, max), between(min, max));
const rarely = <T>(usual: T, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 2, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: other });
const noPadding: Padding = { top: 0, bottom: 0, left: 0, right: 0 };
const sides = fc.record({ top: fc.nat(2), bottom: fc.nat(2), left: fc.nat(2), right: fc.nat(2) });

function drafts({ kernel, channels }: NetworkSizes): fc.Arbitrary<Draft> {
  return fc.record({
    kind: fc.constantFrom<Draft["kind"][]>(
      ...(["convolutional", "convolutional", "convolutional", "averagePool", "averagePool"] as const),
      ...(["padding", "square", "square", "square", "flatten", "linear", "linear"] as const),
    ),
    seed: fc.nat(99_999),
    sparsity: fc.constantFrom("none", "none", "none", "some", "filters", "all"),
    bias: fc.boolean(),
    outputs: between(1, channels),
    groups: between(1, 3),
    kernel: pair(1, kernel),
    stride: rarely<Pair>([1, 1], pair(1, 3)),
    dilation: rarely<Pair>([1, 1], pair(1, 2)),
    padding: rarely(noPadding, sides),
    ownStride: fc.boolean(),
    countIncludePad: fc.boolean(),
  });
}

/** Numbers of a size that keeps what comes out near what goes in. */
function numbers(shape: Shape, { seed, sparsity }: Pick<Draft, "seed" | "sparsity">): Tensor {
  const { data } = randomTensor(shape, seed);
  const random = seededRandom(seed + 1);
  const perOutput = data.length / shape[0];
  return {
    shape,
    data: data.map((value, i) => {
      if (sparsity === "all" || (sparsity === "some" && random() < 0.4)) return 0;
      if (sparsity === "filters" && Math.floor(i / perOutput) % 2 === 0) return 0;
      return value * Math.sqrt(3 / perOutput);
    }),
  };
}

const biasOf = ({ bias, seed, sparsity }: Draft, outputs: number) =>
  bias ? numbers([outputs], { seed: seed + 2, sparsity: sparsity === "all" ? "none" : sparsity }) : undefined;

/** The layer of a draft behind an image, with as much kernel, stride and groups as fits; undefined where nothing does. */
function imageLayer(draft: Draft, shape: Shape, name: string): Layer | undefined {
  const [channels, height, width] = shape;
  const { padding, stride } = draft;
  const room: Pair = [height + padding.top + padding.bottom, width + padding.left + padding.right];
  switch (draft.kind) {
    case "convolutional": {
      const groups = channels % draft.groups === 0 ? draft.groups : 1;
      const kernel = [0, 1].map((axis) =>
        Math.min(draft.kernel[axis], 1 + Math.floor((room[axis] - 1) / draft.dilation[axis])),
      );
      const outputs = groups * draft.outputs;
      return convolutionalLayer({
        name,
        weights: numbers([outputs, channels / groups, ...kernel], draft),
        bias: biasOf(draft, outputs),
        stride,
        padding,
        dilation: draft.dilation,
        groups,
      });
    }
    case "averagePool": {
      const kernelSize: Pair = [Math.min(draft.kernel[0], height), Math.min(draft.kernel[1], width)];
      const half = (side: number, size: number) => Math.min(side, Math.floor(size / 2));
      return averagePoolLayer({
        name,
        kernelSize,
        stride: draft.ownStride ? stride : undefined,
        padding: {
          top: half(padding.top, kernelSize[0]),
          bottom: half(padding.bottom, kernelSize[0]),
          left: half(padding.left, kernelSize[1]),
          right: half(padding.right, kernelSize[1]),
        },
        countIncludePad: draft.countIncludePad,
      });
    }
    case "padding":
      return paddingLayer({ name, padding });
    default:
      return undefined;
  }
}

/** Mostly squares; now and then a polynomial, also one that turns upside down, or is linear. */
function activation(seed: number, name: string): Layer {
  const coefficients = [
    [0.2, -0.5, 0.25],
    [0.1, 0.3, -0.5],
    [0.3, -0.7],
    [0, 0.8, 0, -0.1],
  ][seed % 8];
  return coefficients ? polynomialLayer({ name, coefficients }) : squareLayer({ name });
}

/** A shape `[channels, height, width]` of so many values. */
function imageOf(features: number, seed: number): Shape {
  const divisors = (n: number) => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
  const pick = (n: number) => divisors(n)[seed % divisors(n).length];
  const channels = pick(features);
  const height = pick(features / channels);
  return [channels, height, features / channels / height];
}

/** Layers one after the other, each made to fit the shape before it. */
function networkOf(inputShape: Shape, list: readonly Draft[], { features }: NetworkSizes): Model {
  const layers: Layer[] = [];
  let shape = inputShape;
  let squares = 0;
  const append = (layer: Layer) => {
    layers.push(layer);
    shape = layerOutputShape(layer, shape);
  };
  for (const draft of list) {
    const name = `${draft.kind}${layers.length}`;
    if (draft.kind === "square") {
      if (squares++ < mostSquares) append(activation(draft.seed, name));
    } else if (draft.kind === "flatten") {
      append(
        shape.length === 3
          ? flattenLayer({ name })
          : unflattenLayer({ name, shape: imageOf(shape[0], draft.seed) }),
      );
    } else if (draft.kind === "linear") {
      if (shape.length === 3) append(flattenLayer({ name: `flatten${layers.length}` }));
      const outputs = 1 + (draft.seed % features);
      append(
        linearLayer({
          name: `linear${layers.length}`,
          weights: numbers([outputs, shape[0]], draft),
          bias: biasOf(draft, outputs),
        }),
      );
    } else if (shape.length === 3) {
      const layer = imageLayer(draft, shape, name);
      if (layer) append(layer);
    }
  }
  if (layers.length === 0) append(squareLayer({ name: "square0" }));
  return defineModel({ name: "drawn", inputShape, layers });
}

/** Networks of random layers on images or features, with zeros among the weights. */
export function networks(sizes = smallNetworks): fc.Arbitrary<Model> {
  const image = fc.tuple(between(1, 3), between(...sizes.sides), between(...sizes.sides));
  const features = fc.tuple(between(1, 4 * sizes.features));
  return fc
    .record({
      inputShape: fc.oneof({ weight: 5, arbitrary: image }, { weight: 1, arbitrary: features }),
      list: fc.array(drafts(sizes), { minLength: 1, maxLength: sizes.layers }),
    })
    .map(({ inputShape, list }) => networkOf(inputShape as Shape, list, sizes))
    .map((model) => Object.assign(model, { [fc.toStringMethod]: () => describeModel(model) }));
}

/** In one line what a failure is about. */
function describeModel({ inputShape, layers }: Model): string {
  const plain = layers.map((layer) =>
    JSON.stringify(layer, (key, value: unknown) =>
      key === "weights" || key === "bias" ? (value as Tensor | undefined)?.shape : value,
    ),
  );
  return `[${inputShape.join(", ")}] ${plain.join(" → ")} (${sizeOf(inputShape)} values)`;
}

/** Images of more values than N = 1024 has slots. */
export const wideNetworks: NetworkSizes = {
  sides: [11, 19],
  kernel: 4,
  channels: 4,
  features: 20,
  layers: 4,
};

export interface RangeCase {
  readonly model: Model;
  readonly layers: readonly number[];
  readonly splitAfter: readonly number[];
}

/** Some layers of a network, one after the other, and some of them to split stages after. */
export function ranges(models: fc.Arbitrary<Model>): fc.Arbitrary<RangeCase> {
  return fc
    .record({ model: models, ends: fc.tuple(fc.nat(99), fc.nat(99)), splits: fc.array(fc.nat(99)) })
    .map(({ model, ends, splits }) => {
      const count = model.layers.length;
      const [first, last] = ends.map((end) => end % count).sort((a, b) => a - b);
      const layers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      return {
        model,
        layers,
        splitAfter: [...new Set(splits.map((split) => layers[split % layers.length]))],
      };
    });
}
