import { describe, expect, test } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { averagePoolLayer } from "../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import {
  defineModel,
  layerForward,
  layerOutputShape,
  layerShapes,
  modelForward,
} from "../../../src/he-ml/model/model.js";
import { paddingLayer } from "../../../src/he-ml/model/padding.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { tensor, zeros } from "../../../src/he-ml/tensor/tensor.js";

const conv = convolutionalLayer({ name: "conv1", weights: zeros([4, 1, 5, 5]), stride: 2 });
const layers = [
  conv,
  squareLayer({ name: "square1" }),
  averagePoolLayer({ name: "pool1", kernelSize: 2 }),
  flattenLayer(),
  linearLayer({ name: "fc1", weights: zeros([10, 144]) }),
];

describe("defineModel", () => {
  test("follows the shapes from layer to layer", () => {
    const model = defineModel({ name: "net", inputShape: [1, 28, 28], layers });
    expect(layerShapes(model)).toEqual([[1, 28, 28], [4, 12, 12], [4, 12, 12], [4, 6, 6], [144], [10]]);
  });

  test("refuses two layers of one name", () => {
    expect(() => defineModel({ name: "net", inputShape: [1, 28, 28], layers: [conv, conv] })).toThrow(
      new InputError('model "net": two layers are named "conv1"'),
    );
  });

  test("refuses weights and biases with fewer values than their shape holds", () => {
    const short = { shape: [2, 3], data: new Float64Array(4) };
    const bias = { shape: [2], data: new Float64Array(1) };
    const define = (layer: (typeof layers)[0]) => () =>
      defineModel({ name: "net", inputShape: [3], layers: [layer] });
    expect(define({ kind: "linear", name: "fc", weights: short })).toThrow(
      /^linear "fc": weights: expected a tensor, got 4 values for 2×3/,
    );
    expect(define({ kind: "linear", name: "fc", weights: zeros([2, 3]), bias })).toThrow(
      /^linear "fc": bias: expected a tensor, got 1 values for 2/,
    );
    expect(() => linearLayer({ name: "fc", weights: short })).toThrow(
      /^linear "fc": weights: .* 4 values for 2×3/,
    );
  });

  test.each<[string, object]>([
    ["linear", {}],
    ["linear", { weights: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] } }],
    ["convolutional", {}],
    ["transposedConvolutional", {}],
    ["polynomial", {}],
    ["averagePool", {}],
    ["maxPool", {}],
    ["unflatten", {}],
    ["padding", {}],
    ["activation", {}],
    ["square", { name: undefined }],
  ])("refuses what is no description of its kind: %s %j", (kind, fields) => {
    const layer = { kind, name: "odd", ...fields } as unknown as (typeof layers)[0];
    for (const use of [
      () => defineModel({ name: "net", inputShape: [1, 4, 4], layers: [layer] }),
      () => layerForward(layer, zeros([1, 1, 4, 4])),
      () => layerOutputShape(layer, [1, 4, 4]),
    ]) {
      expect(use).toThrow(InputError);
    }
  });

  test.each([NaN, Infinity])("refuses weights and biases that hold %p", (bad) => {
    const weights = linearLayer({ name: "fc", weights: tensor([1, 2], [1, bad]) });
    const bias = linearLayer({ name: "fc", weights: zeros([1, 2]), bias: tensor([1], [bad]) });
    const define = (layer: typeof weights) => () =>
      defineModel({ name: "net", inputShape: [2], layers: [layer] });
    expect(define(weights)).toThrow('weights of "fc" hold a NaN or an infinity');
    expect(define(bias)).toThrow('bias of "fc" hold a NaN or an infinity');
  });

  test("says what to do about an image of the wrong kind", () => {
    const define = (inputShape: number[]) => () => defineModel({ name: "net", inputShape, layers });
    expect(define([3, 28, 28])).toThrow(
      "input has 3 channels, weights expect 1; convert the image to grayscale",
    );
    expect(define([1, 4, 28])).toThrow("its window of 5×5 does not fit into the padded image of 4×28");
    expect(define([784])).toThrow("expected an image [channels, height, width], got 784");
    expect(define([1, 32, 28])).toThrow('linear "fc1": input has 168 features, weights expect 144');
  });

  test("asks for a flatten layer before a linear one", () => {
    const fc = linearLayer({ weights: zeros([1, 4]) });
    expect(() => defineModel({ name: "net", inputShape: [1, 2, 2], layers: [fc] })).toThrow(
      "put a flatten layer before it",
    );
  });
});

describe("layers refuse what does not fit together", () => {
  const refused: [string, () => unknown, string][] = [
    ["weights with three axes", () => convolutionalLayer({ weights: zeros([4, 5, 5]) }), "got 4×5×5"],
    ["groups", () => convolutionalLayer({ weights: zeros([4, 1, 5, 5]), groups: 3 }), "into 3 groups"],
    [
      "a bias",
      () => convolutionalLayer({ weights: zeros([4, 1, 5, 5]), bias: zeros([3]) }),
      "expected a bias of 4 values, got 3",
    ],
    ["a stride of 0", () => convolutionalLayer({ weights: zeros([4, 1, 5, 5]), stride: 0 }), "stride"],
    ["linear weights", () => linearLayer({ weights: zeros([4]) }), "got 4"],
    [
      "a linear bias",
      () => linearLayer({ weights: zeros([4, 2]), bias: zeros([2]) }),
      "expected a bias of 4",
    ],
    ["much padding", () => averagePoolLayer({ kernelSize: 2, padding: 2 }), "at most half the kernel"],
    ["negative padding", () => paddingLayer({ padding: -1 }), "of at least 0"],
  ];

  test.each(refused)("%s", (_what, make, message) => {
    expect(make).toThrow(InputError);
    expect(make).toThrow(message);
  });
});

describe("modelForward", () => {
  const model = defineModel({
    name: "net",
    inputShape: [2],
    layers: [squareLayer(), linearLayer({ weights: tensor([1, 2], [1, 10]), bias: tensor([1], [0.5]) })],
  });

  test("gives the output of every layer", () => {
    const outputs = modelForward(model, tensor([2, 2], [1, 2, -3, 0]));
    expect(outputs).toEqual([tensor([2, 2], [1, 4, 9, 0]), tensor([2, 1], [41.5, 9.5])]);
  });

  test("refuses images of another shape, none, and values that are not finite", () => {
    expect(() => modelForward(model, zeros([1, 3]))).toThrow("expected a batch [n, 2], got [1, 3]");
    expect(() => modelForward(model, zeros([0, 2]))).toThrow("expected at least one image");
    expect(() => modelForward(model, tensor([2, 2], [1, 2, 3, NaN]))).toThrow("value 1 of image 1 is NaN");
  });

  test("refuses images with fewer values than their shape holds", () => {
    const model = defineModel({ name: "net", inputShape: [2], layers: [squareLayer()] });
    const short = { shape: [2, 2], data: new Float64Array(3) };
    expect(() => modelForward(model, short)).toThrow(
      new InputError(
        "modelForward: expected a tensor, got 3 values for 2×2; make one with tensor(shape, values)",
      ),
    );
  });
});
