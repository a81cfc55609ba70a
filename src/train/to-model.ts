import * as tf from "@tensorflow/tfjs-core";
import type { layers, Sequential } from "@tensorflow/tfjs-layers";
import { requireArgument } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { activationFunctions, activationLayer, type ActivationFunction } from "../he-ml/model/activation.js";
import { averagePoolLayer } from "../he-ml/model/average-pool.js";
import { convolutionalLayer } from "../he-ml/model/convolutional.js";
import { flattenLayer } from "../he-ml/model/flatten.js";
import type { Pair } from "../he-ml/model/layer.js";
import { identityLayer } from "../he-ml/model/identity.js";
import { linearLayer } from "../he-ml/model/linear.js";
import {
  defineModel,
  type Model,
  type Network as PlainNetwork,
  type NetworkLayer,
} from "../he-ml/model/model.js";
import { paddingLayer } from "../he-ml/model/padding.js";
import { polynomialLayer } from "../he-ml/model/polynomial.js";
import { squareLayer } from "../he-ml/model/square.js";
import { encryptableModel } from "../he-ml/model/unsupported-layers.js";
import { formatShape, tensor, type Shape, type Tensor } from "../he-ml/tensor/tensor.js";
import type { AveragePool, Convolution } from "./image-layers.js";
import type { Network } from "./network.js";
import type { Polynomial } from "./polynomial-layer.js";

/**
 * Turns a tfjs network (images `[n, h, w, c]`) into a model of ours (images `[n, c, h, w]`); rows of a table
 * `[n, features]` are the same in both.
 *
 * Filters go from `[h, w, in, out]` to `[out, in, h, w]`, and a dense layer after a flatten has its inputs reordered
 * from h, w, c to c, h, w, because the two flatten in these orders.
 *
 * @param name The model's name.
 * @throws InputError if the network has a layer or an option that a model of ours cannot express.
 */
export function toModel(network: Network, name: string): Model {
  return encryptableModel(toPlainNetwork(network, name));
}

/** As {@link toModel}, with activations that cannot be encrypted: tanh, relu, sigmoid. */
export function toPlainNetwork(network: Network, name: string): PlainNetwork {
  const sequential = network as Sequential;
  const isSequential = Array.isArray((sequential as Partial<Sequential> | undefined)?.layers);
  requireArgument("toModel: network", isSequential, "a network that buildNetwork or train made", network);
  const { layerNames } = (sequential.getUserDefinedMetadata() ?? {}) as { layerNames?: readonly string[] };
  return defineModel({
    name,
    inputShape: modelInputShape(sequential.layers[0].batchInputShape),
    layers: sequential.layers.map((layer, index) => ({
      ...toLayer(layer, flattenedShape(sequential, index)),
      name: layerNames?.[index] ?? layer.name,
    })),
  });
}

/**
 * Puts a model's weights into a network of the same architecture: the way back from {@link toModel}.
 *
 * @throws InputError naming the first layer that differs.
 */
export function loadWeights(network: Sequential, model: PlainNetwork): void {
  const template = toPlainNetwork(network, network.name);
  const expected = template.layers.map(describe).join(" → ");
  const found = model.layers.map(describe).join(" → ");
  if (expected !== found) {
    throw new InputError(`train: expected an initial model of layers ${expected}, got ${found}`);
  }
  network.layers.forEach((target, index) => {
    const source = model.layers[index];
    if (source.kind !== "convolutional" && source.kind !== "linear") return;
    const { weights, bias } = source;
    const flattened = flattenedShape(network, index);
    tf.tidy(() => {
      const kernel =
        source.kind === "convolutional" ? filterToTfjs(weights) : denseToTfjs(weights, flattened);
      const biases = bias ? tf.tensor1d(Float32Array.from(bias.data)) : tf.zeros([weights.shape[0]]);
      target.setWeights([kernel, biases]);
    });
  });
}

/**
 * `[rows, columns, channels]` of the images that layer `index` sees flattened; undefined unless it follows a flatten,
 * with nothing but element-wise layers between.
 */
function flattenedShape(network: Sequential, index: number): Shape | undefined {
  const previous = network.layers.slice(0, index).findLast((layer) => !elementWise.has(layer.getClassName()));
  if (previous?.getClassName() !== "Flatten" || previous.input instanceof Array) return undefined;
  const { shape } = previous.input;
  return shape.length === 2 ? undefined : imageAxes(shape);
}

const elementWise: ReadonlySet<string> = new Set(["Activation", "Square", "Polynomial"]);

function toLayer(layer: layers.Layer, flattened: Shape | undefined): NetworkLayer {
  const { name } = layer;
  const config = layer.getConfig();
  requireOption(name, "dataFormat", config.dataFormat ?? "channelsLast", "channelsLast");
  switch (layer.getClassName()) {
    case "Conv2D": {
      requireOption(name, "padding", config.padding, "valid");
      requireOption(name, "activation", config.activation, "linear");
      requireOption(name, "dilationRate", String(config.dilationRate), "1,1");
      const [kernel, bias] = layer.getWeights();
      return convolutionalLayer({
        name,
        weights: filterFromTfjs(kernel as tf.Tensor4D),
        bias: bias && toTensor(bias),
        stride: config.strides as unknown as Pair,
      });
    }
    case "Convolution": {
      const { padding, strides, groups } = (layer as Convolution).options;
      const [kernel, bias] = layer.getWeights();
      return convolutionalLayer({
        name,
        weights: filterFromTfjs(kernel as tf.Tensor4D),
        bias: toTensor(bias),
        stride: strides,
        padding,
        groups,
      });
    }
    case "AveragePool": {
      const { kernelSize, strides, padding, countIncludePad } = (layer as AveragePool).options;
      return averagePoolLayer({ name, kernelSize, stride: strides, padding, countIncludePad });
    }
    case "ZeroPadding2D": {
      const [[top, bottom], [left, right]] = config.padding as unknown as [Pair, Pair];
      return paddingLayer({ name, padding: { top, bottom, left, right } });
    }
    case "AveragePooling2D":
      requireOption(name, "padding", config.padding, "valid");
      return averagePoolLayer({
        name,
        kernelSize: config.poolSize as unknown as Pair,
        stride: config.strides as unknown as Pair,
      });
    case "Dense": {
      requireOption(name, "activation", config.activation, "linear");
      const [kernel, bias] = layer.getWeights();
      return linearLayer({
        name,
        weights: denseFromTfjs(kernel as tf.Tensor2D, flattened),
        bias: bias && toTensor(bias),
      });
    }
    case "Activation":
      if (config.activation === "linear") return identityLayer({ name });
      return activationLayer({ name, function: requireActivation(name, String(config.activation)) });
    case "Polynomial":
      return polynomialLayer({ name, coefficients: (layer as Polynomial).options.coefficients });
    case "Square":
      return squareLayer({ name });
    case "Flatten":
      return flattenLayer({ name });
    default:
      throw new InputError(
        `toModel: expected Conv2D, AveragePooling2D, Dense, Activation, Square or Flatten, got a ${layer.getClassName()} ` +
          `layer "${name}"; replace it`,
      );
  }
}

function requireActivation(layer: string, found: string): ActivationFunction {
  const known = activationFunctions.find((name) => name === found);
  if (known) return known;
  throw new InputError(
    `toModel "${layer}": expected one of ${activationFunctions.join(", ")}, got ${found}; change it`,
  );
}

function requireOption(layer: string, option: string, found: unknown, expected: string): void {
  if (found === expected) return;
  throw new InputError(`toModel "${layer}": expected ${option} ${expected}, got ${String(found)}; change it`);
}

function filterFromTfjs(filter: tf.Tensor4D): Tensor {
  return takeTensor(tf.transpose(filter, [3, 2, 0, 1]));
}

function filterToTfjs(weights: Tensor): tf.Tensor {
  return tf.transpose(fromTensor(weights), [2, 3, 1, 0]);
}

function denseFromTfjs(kernel: tf.Tensor2D, flattened: Shape = [1, 1, kernel.shape[0]]): Tensor {
  const [features, outputs] = kernel.shape;
  const reordered = tf.tidy(() => {
    const byAxes = tf.reshape(kernel, [...flattened, outputs]);
    return tf.reshape(tf.transpose(byAxes, [3, 2, 0, 1]), [outputs, features]);
  });
  return takeTensor(reordered);
}

function denseToTfjs(weights: Tensor, flattened: Shape = [1, 1, weights.shape[1]]): tf.Tensor {
  const [outputs, features] = weights.shape;
  const [rows, columns, channels] = flattened;
  const byAxes = tf.reshape(fromTensor(weights), [outputs, channels, rows, columns]);
  return tf.reshape(tf.transpose(byAxes, [2, 3, 1, 0]), [features, outputs]);
}

const toTensor = (values: tf.Tensor): Tensor => tensor(values.shape, values.dataSync());

/** The values as a tensor of ours; tfjs's is freed. */
function takeTensor(values: tf.Tensor): Tensor {
  const taken = toTensor(values);
  values.dispose();
  return taken;
}

const fromTensor = ({ shape, data }: Tensor): tf.Tensor => tf.tensor(Float32Array.from(data), [...shape]);

function modelInputShape(batchShape: readonly (number | null)[]): Shape {
  if (batchShape.length === 2 && batchShape[1]) return [batchShape[1]];
  const [rows, columns, channels] = imageAxes(batchShape);
  return [channels, rows, columns];
}

function imageAxes(shape: readonly (number | null)[] | undefined): [number, number, number] {
  const [, rows, columns, channels] = shape ?? [];
  if (rows && columns && channels && shape?.length === 4) return [rows, columns, channels];
  throw new InputError(`toModel: expected images [n, rows, columns, channels], got [${shape?.join(", ")}]`);
}

function describe(layer: NetworkLayer): string {
  return "weights" in layer ? `${layer.kind} ${formatShape(layer.weights.shape)}` : layer.kind;
}
