import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { activationLayer, type ActivationFunction } from "../../model/activation.js";
import { averagePoolLayer } from "../../model/average-pool.js";
import { convolutionalLayer } from "../../model/convolutional.js";
import { flattenLayer } from "../../model/flatten.js";
import { requireImageShape, type Pair } from "../../model/layer.js";
import { linearLayer } from "../../model/linear.js";
import { maxPoolLayer } from "../../model/max-pool.js";
import type { Layer, NetworkLayer } from "../../model/model.js";
import { paddingLayer } from "../../model/padding.js";
import type { SlidingWindow } from "../../model/sliding-window.js";
import { squareLayer } from "../../model/square.js";
import { formatShape, sizeOf, zeros, type Shape, type Tensor } from "../../tensor/tensor.js";
import { floatOf, intOf, intsOf } from "./attributes.js";
import { constantTensor } from "./constants.js";
import { describeNode, type OnnxGraph } from "./graph.js";
import { paddingOf } from "./padding.js";
import type { Step } from "./steps.js";
import { kernelOf, windowOf } from "./window.js";

/** What a converter knows about the layer it makes. */
interface Context extends Step {
  readonly graph: OnnxGraph;
  readonly name: string;
  /** Of one image. */
  readonly inputShape: Shape;
}

function optionalConstant({ graph, node }: Context, index: number): Tensor | undefined {
  const name = node.input[index];
  if (!name) return undefined;
  const proto = graph.constants.get(name);
  if (proto) return constantTensor(proto, `${describeNode(node)} ${JSON.stringify(name)}`);
  throw new InputError(
    `${describeNode(node)}: expected its input ${index} to be a constant, got the computed value ` +
      `${JSON.stringify(name)}`,
  );
}

function constantAt(context: Context, index: number): Tensor {
  const constant = optionalConstant(context, index);
  if (constant) return constant;
  throw new InputError(`${describeNode(context.node)}: expected a constant as input ${index}, got none`);
}

const scaled = ({ shape, data }: Tensor, factor: number): Tensor => ({
  shape,
  data: factor === 1 ? data : data.map((value) => value * factor),
});

function transposed({ shape: [rows, columns], data }: Tensor): Tensor {
  const result = zeros([columns, rows]);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      result.data[column * rows + row] = data[row * columns + column];
    }
  }
  return result;
}

/** A constant that ONNX adds to `features` values along `axis` (from the end) by broadcasting, one value for each. */
function broadcastBias({ shape, data }: Tensor, features: number, axis: -1 | -3, node: NodeProto): Tensor {
  const isOne = shape.every((size, i) => size === 1 || (i === shape.length + axis && size === features));
  if (!isOne || shape.length > 1 - axis) {
    throw new InputError(
      `${describeNode(node)}: expected a bias of ${features} values, got a constant of ${formatShape(shape)}`,
    );
  }
  return {
    shape: [features],
    data: data.length === features ? data : new Float64Array(features).fill(data[0]),
  };
}

/** The sum of the biases that `Add` nodes give, and of the layer's own. */
function biasOf({ graph, biases }: Context, own: Tensor | undefined, features: number, axis: -1 | -3) {
  return biases.reduce<Tensor | undefined>((sum, node) => {
    const name = node.input.find((input) => graph.constants.has(input))!;
    const constant = constantTensor(
      graph.constants.get(name)!,
      `${describeNode(node)} ${JSON.stringify(name)}`,
    );
    const bias = broadcastBias(constant, features, axis, node);
    return sum ? { shape: sum.shape, data: sum.data.map((value, i) => value + bias.data[i]) } : bias;
  }, own);
}

function convertConv(context: Context): Layer {
  const { node, name, inputShape } = context;
  const weights = constantAt(context, 1);
  const [, height, width] = requireImageShape({ kind: "convolutional", name }, inputShape);
  const kernelSize: Pair = [weights.shape[2] ?? 0, weights.shape[3] ?? 0];
  const { stride, padding, dilation } = windowOf(node, kernelSize, [height, width]);
  const declared = intsOf(node, "kernel_shape") ?? kernelSize;
  if (formatShape(declared) !== formatShape(kernelSize)) {
    throw new InputError(
      `${describeNode(node)}: expected weights of the kernel ${formatShape(declared)}, got ${formatShape(weights.shape)}`,
    );
  }
  const groups = intOf(node, "group", 1);
  const bias = biasOf(context, optionalConstant(context, 2), weights.shape[0], -3);
  return convolutionalLayer({ name, weights, bias, stride, padding, dilation, groups });
}

/** Weights of a linear layer as the file gives them. @throws InputError unless they form a matrix. */
function matrixAt(context: Context): Tensor {
  const weights = constantAt(context, 1);
  if (weights.shape.length === 2) return weights;
  throw new InputError(
    `${describeNode(context.node)}: expected weights with two axes, got ${formatShape(weights.shape)}`,
  );
}

function convertGemm(context: Context): Layer {
  const { node, name } = context;
  if (intOf(node, "transA", 0) !== 0) {
    throw new InputError(
      `${describeNode(node)}: expected transA 0, got 1; the batch must stay the first axis`,
    );
  }
  const matrix = matrixAt(context);
  const weights = scaled(intOf(node, "transB", 0) ? matrix : transposed(matrix), floatOf(node, "alpha", 1));
  const features = weights.shape[0];
  const addend = optionalConstant(context, 2);
  const own = addend && scaled(broadcastBias(addend, features, -1, node), floatOf(node, "beta", 1));
  return linearLayer({ name, weights, bias: biasOf(context, own, features, -1) });
}

function convertMatMul(context: Context): Layer {
  const weights = transposed(matrixAt(context));
  const bias = biasOf(context, undefined, weights.shape[0], -1);
  return linearLayer({ name: context.name, weights, bias });
}

function convertAdd({ node }: Context): Layer {
  throw new InputError(
    `${describeNode(node)}: expected an addition only of a constant, right after a convolution or a linear layer; ` +
      `make it that layer's bias`,
  );
}

function convertMul({ graph, node, name }: Context): Layer {
  const factors = node.input.filter((input) => !graph.constants.has(input));
  if (factors.length === 2) return squareLayer({ name });
  throw new InputError(
    `${describeNode(node)}: expected a multiplication of a value by itself, got one by a constant; ` +
      `fold the constant into the weights of the layer before it`,
  );
}

function convertPow(context: Context): Layer {
  const exponent = constantAt(context, 1).data;
  if (exponent.length === 1 && exponent[0] === 2) return squareLayer({ name: context.name });
  throw new InputError(
    `${describeNode(context.node)}: expected the exponent 2, got ${exponent.join(", ")}; use a square activation`,
  );
}

function requireFittingWindows(node: NodeProto, window: SlidingWindow, image: Pair) {
  const { kernelSize, padding, stride, dilation } = window;
  const rest = [
    (image[0] + padding.top + padding.bottom - dilation[0] * (kernelSize[0] - 1) - 1) % stride[0],
    (image[1] + padding.left + padding.right - dilation[1] * (kernelSize[1] - 1) - 1) % stride[1],
  ];
  if (intOf(node, "ceil_mode", 0) !== 0 && rest.some((pixels) => pixels !== 0)) {
    throw new InputError(
      `${describeNode(node)}: ceil_mode makes windows reach beyond the image; ` +
        `use ceil_mode 0, or pad the image so that the windows fit`,
    );
  }
}

function convertAveragePool({ node, name, inputShape, poolPadding }: Context): Layer {
  const [, height, width] = requireImageShape({ kind: "averagePool", name }, inputShape);
  const window = windowOf(node, kernelOf(node), [height, width]);
  const padding = poolPadding ?? window.padding;
  requireFittingWindows(node, { ...window, padding }, [height, width]);
  const { kernelSize, stride, dilation } = window;
  if (dilation.some((step) => step !== 1)) {
    throw new InputError(`${describeNode(node)}: expected dilations 1, got ${dilation.join(", ")}`);
  }
  const countIncludePad = poolPadding !== undefined || intOf(node, "count_include_pad", 0) !== 0;
  return averagePoolLayer({ name, kernelSize, stride, padding, countIncludePad });
}

function convertMaxPool({ node, name, inputShape }: Context): NetworkLayer {
  const [, height, width] = requireImageShape({ kind: "maxPool", name }, inputShape);
  const window = windowOf(node, kernelOf(node), [height, width]);
  requireFittingWindows(node, window, [height, width]);
  return maxPoolLayer({ name, ...window });
}

const convertActivation =
  (f: ActivationFunction) =>
  ({ name }: Context): NetworkLayer =>
    activationLayer({ name, function: f });

function convertGlobalAveragePool({ name, inputShape }: Context): Layer {
  const [, height, width] = requireImageShape({ kind: "averagePool", name }, inputShape);
  return averagePoolLayer({ name, kernelSize: [height, width] });
}

function convertFlatten({ node, name, inputShape }: Context): Layer {
  const axis = intOf(node, "axis", 1);
  if ((axis < 0 ? axis + inputShape.length + 1 : axis) === 1) return flattenLayer({ name });
  throw new InputError(`${describeNode(node)}: expected axis 1, which keeps the batch, got ${axis}`);
}

function convertReshape(context: Context): Layer {
  const { graph, node, name, inputShape } = context;
  const features = sizeOf(inputShape);
  const target = [...constantAt(context, 1).data];
  const [first, second] = target;
  const keepsBatch =
    (first === 0 && intOf(node, "allowzero", 0) === 0) ||
    (first === -1 && second === features) ||
    (first > 0 && first === graph.batchSize);
  if (target.length === 2 && keepsBatch && (second === features || (second === -1 && first !== -1))) {
    return flattenLayer({ name });
  }
  throw new InputError(
    `${describeNode(node)}: expected a shape that flattens, such as [0, -1] or [-1, ${features}], ` +
      `got [${target.join(", ")}]; flatten with Flatten instead`,
  );
}

function convertPad({ graph, node, name }: Context): Layer {
  return paddingLayer({ name, padding: paddingOf(graph, node) });
}

export interface Converter {
  /** Names layers whose nodes have no name of their own. */
  readonly prefix: string;
  readonly convert: (context: Context) => NetworkLayer;
  /** Whether its layers run on plain values only. */
  readonly plainOnly?: boolean;
}

/** The operators that become layers. */
export const converters: ReadonlyMap<string, Converter> = new Map<string, Converter>([
  ["Conv", { prefix: "conv", convert: convertConv }],
  ["Gemm", { prefix: "fc", convert: convertGemm }],
  ["MatMul", { prefix: "fc", convert: convertMatMul }],
  ["Add", { prefix: "add", convert: convertAdd }],
  ["Mul", { prefix: "square", convert: convertMul }],
  ["Pow", { prefix: "square", convert: convertPow }],
  ["AveragePool", { prefix: "pool", convert: convertAveragePool }],
  ["GlobalAveragePool", { prefix: "pool", convert: convertGlobalAveragePool }],
  ["Flatten", { prefix: "flatten", convert: convertFlatten }],
  ["Reshape", { prefix: "flatten", convert: convertReshape }],
  ["Pad", { prefix: "pad", convert: convertPad }],
  ["MaxPool", { prefix: "pool", convert: convertMaxPool, plainOnly: true }],
  ["Relu", { prefix: "relu", convert: convertActivation("relu"), plainOnly: true }],
  ["Sigmoid", { prefix: "sigmoid", convert: convertActivation("sigmoid"), plainOnly: true }],
  ["Tanh", { prefix: "tanh", convert: convertActivation("tanh"), plainOnly: true }],
]);
