import { averagePoolLayer } from "../model/average-pool.js";
import { convolutionalLayer } from "../model/convolutional.js";
import { flattenLayer } from "../model/flatten.js";
import type { Pair } from "../model/layer.js";
import { linearLayer } from "../model/linear.js";
import { defineModel, type Layer, type Model } from "../model/model.js";
import { squareLayer } from "../model/square.js";
import { sizeOf, tensor, type Shape, type Tensor } from "../tensor/tensor.js";

/**
 * Networks of shapes that no committed model has, with made-up weights: what they cost does not depend on what they
 * were trained on.
 */
export function benchNetworks(): Model[] {
  return [lenet6And16(), color32(), rectangular(), dense()];
}

/** Networks that are larger than those: several ciphertexts inside of one, and a dense layer of 512 outputs in the other. */
export function largeNetworks(): Model[] {
  return [color32Wide(), denseWide()];
}

/** Colour images of 32×32 with twice the channels of `color32`. */
function color32Wide(): Model {
  const { conv, linear } = madeUpLayers(5);
  return network(
    "color-32-wide",
    [3, 32, 32],
    [
      conv("conv1", [16, 3, 5, 5], [2, 2]),
      squareLayer({ name: "square1" }),
      conv("conv2", [32, 16, 3, 3], [2, 2]),
      squareLayer({ name: "square2" }),
      flattenLayer(),
      linear("fc1", [10, 1152]),
    ],
  );
}

/** Dense layers only, the first of 1024 inputs and 512 outputs. */
function denseWide(): Model {
  const { linear } = madeUpLayers(6);
  return network(
    "dense-wide",
    [1024],
    [
      linear("fc1", [512, 1024]),
      squareLayer({ name: "square1" }),
      linear("fc2", [256, 512]),
      squareLayer({ name: "square2" }),
      linear("fc3", [10, 256]),
    ],
  );
}

/** LeNet with 6 and 16 channels: its first features fill more than one ciphertext. */
function lenet6And16(): Model {
  const { conv, linear } = madeUpLayers(1);
  return network(
    "lenet-6-16",
    [1, 28, 28],
    [
      conv("conv1", [6, 1, 5, 5]),
      squareLayer({ name: "square1" }),
      averagePoolLayer({ name: "pool1", kernelSize: 2 }),
      conv("conv2", [16, 6, 5, 5]),
      squareLayer({ name: "square2" }),
      averagePoolLayer({ name: "pool2", kernelSize: 2 }),
      flattenLayer(),
      linear("fc1", [10, 256]),
    ],
  );
}

/** Colour images of 32×32, as CIFAR-10's, with strides instead of pooling. */
function color32(): Model {
  const { conv, linear } = madeUpLayers(2);
  return network(
    "color-32",
    [3, 32, 32],
    [
      conv("conv1", [8, 3, 5, 5], [2, 2]),
      squareLayer({ name: "square1" }),
      conv("conv2", [16, 8, 3, 3], [2, 2]),
      squareLayer({ name: "square2" }),
      flattenLayer(),
      linear("fc1", [10, 576]),
    ],
  );
}

/** Two channels, and nothing square about image, kernels, stride and pooling. */
function rectangular(): Model {
  const { conv, linear } = madeUpLayers(3);
  return network(
    "rectangular",
    [2, 16, 48],
    [
      conv("conv1", [4, 2, 3, 5], [1, 2]),
      squareLayer({ name: "square1" }),
      averagePoolLayer({ name: "pool1", kernelSize: [2, 2] }),
      conv("conv2", [6, 4, 2, 3]),
      squareLayer({ name: "square2" }),
      flattenLayer(),
      linear("fc1", [7, 324]),
    ],
  );
}

/** Dense layers only. */
function dense(): Model {
  const { linear } = madeUpLayers(4);
  return network(
    "dense",
    [784],
    [
      linear("fc1", [128, 784]),
      squareLayer({ name: "square1" }),
      linear("fc2", [64, 128]),
      squareLayer({ name: "square2" }),
      linear("fc3", [10, 64]),
    ],
  );
}

const network = (name: string, inputShape: Shape, layers: readonly Layer[]): Model =>
  defineModel({ name, inputShape, layers });

/** Layers with weights that look random and are always the same, of a size that keeps values near 1. */
function madeUpLayers(seed: number) {
  let state = seed;
  const values = (shape: Shape, largest: number): Tensor =>
    tensor(
      shape,
      Array.from({ length: sizeOf(shape) }, () => {
        state = (state * 48_271) % 2_147_483_647;
        return largest * ((2 * state) / 2_147_483_647 - 1);
      }),
    );
  const weighted = (shape: Shape) => ({
    weights: values(shape, Math.sqrt(6 / sizeOf(shape.slice(1)))),
    bias: values([shape[0]], 0.1),
  });
  return {
    conv: (name: string, shape: Shape, stride: Pair = [1, 1]) =>
      convolutionalLayer({ name, ...weighted(shape), stride }),
    linear: (name: string, shape: Shape) => linearLayer({ name, ...weighted(shape) }),
  };
}
