import { InputError } from "../../errors.js";
import type { NodeProto, TensorProto } from "onnx-buf";
import { convolutionalLayer, type ConvolutionalLayer } from "../../model/convolutional.js";
import { requireImageShape, type Pair } from "../../model/layer.js";
import type { WeightedLayer } from "../../model/layers.js";
import { linearLayer, type LinearLayer } from "../../model/linear.js";
import {
  transposedConvolutionalLayer,
  type TransposedConvolutionalLayer,
} from "../../model/transposed-convolutional.js";
import { formatShape, type Tensor } from "../../tensor/tensor.js";
import { transpose } from "../../tensor/transpose.js";
import { floatOf, intOf, intsOf, textOf } from "./attributes.js";
import type { ImageValue } from "./chain.js";
import {
  constantAt,
  optionalConstant,
  settledImage,
  settledInOrder,
  type Context,
  type Operator,
} from "./context.js";
import { describeNode } from "./graph.js";
import { floatAttribute, floatInitializer, intAttribute, node as newNode } from "./messages.js";
import { weightsInOurOrder } from "../layout.js";
import { windowOf } from "./window.js";
import { onnxPads, type LayerWriters, type WrittenLayer } from "./written-layer.js";

const convolution: Operator = (context) => {
  const { node, chain } = context;
  settledInOrder(context);
  const weights = constantAt(context, 1);
  const bias = optionalConstant(context, 2);
  return chain.append("conv", [node], (name, shape) => {
    const [, height, width] = requireImageShape({ kind: "convolutional", name }, shape);
    const kernelSize: Pair = [weights.shape[2] ?? 0, weights.shape[3] ?? 0];
    const { stride, padding, dilation } = windowOf(node, kernelSize, [height, width]);
    requireKernel(node, weights, kernelSize);
    const groups = intOf(node, "group", 1);
    return convolutionalLayer({ name, weights, bias, stride, padding, dilation, groups });
  });
};

const transposedConvolution: Operator = (context) => {
  const { node, chain } = context;
  settledInOrder(context);
  const weights = constantAt(context, 1);
  const bias = optionalConstant(context, 2);
  const autoPad = textOf(node, "auto_pad", "NOTSET");
  if (intsOf(node, "output_shape") || !["NOTSET", "VALID"].includes(autoPad)) {
    throw new InputError(
      `${describeNode(node)}: expected pads and output_padding, got auto_pad ${JSON.stringify(autoPad)}` +
        `${intsOf(node, "output_shape") ? " and an output_shape" : ""}; export the model with pads`,
    );
  }
  return chain.append("conv", [node], (name, shape) => {
    const [, height, width] = requireImageShape({ kind: "transposedConvolutional", name }, shape);
    const kernelSize: Pair = [weights.shape[2] ?? 0, weights.shape[3] ?? 0];
    const { stride, padding, dilation } = windowOf(node, kernelSize, [height, width]);
    requireKernel(node, weights, kernelSize);
    const [rows, columns] = intsOf(node, "output_padding") ?? [0, 0];
    const groups = intOf(node, "group", 1);
    const outputPadding: Pair = [rows, columns];
    return transposedConvolutionalLayer({
      name,
      weights,
      bias,
      stride,
      padding,
      outputPadding,
      dilation,
      groups,
    });
  });
};

/** @throws InputError unless the weights are of the kernel that the node declares, if it does */
function requireKernel(node: NodeProto, weights: Tensor, kernelSize: Pair): void {
  const declared = intsOf(node, "kernel_shape") ?? kernelSize;
  if (formatShape(declared) === formatShape(kernelSize)) return;
  throw new InputError(
    `${describeNode(node)}: expected weights of the kernel ${formatShape(declared)}, ` +
      `got ${formatShape(weights.shape)}`,
  );
}

const scaled = ({ shape, data }: Tensor, factor: number): Tensor => ({
  shape,
  data: factor === 1 ? data : data.map((value) => value * factor),
});

/** Weights of a linear layer as the file gives them. @throws InputError unless they form a matrix. */
function matrixAt(context: Context): Tensor {
  const weights = constantAt(context, 1);
  if (weights.shape.length === 2) return weights;
  throw new InputError(
    `${describeNode(context.node)}: expected weights with two axes, got ${formatShape(weights.shape)}`,
  );
}

/** A bias of one value, or of a row of one for each feature. @throws InputError if it has others for each image */
function broadcastBias({ node }: Context, { shape, data }: Tensor, features: number): Tensor {
  const isOne = shape.every((size, i) => size === 1 || (i === shape.length - 1 && size === features));
  if (isOne && shape.length <= 2) {
    return {
      shape: [features],
      data: data.length === features ? data : new Float64Array(features).fill(data[0]),
    };
  }
  throw new InputError(
    `${describeNode(node)}: expected a bias of ${features} values, got a constant of ${formatShape(shape)}`,
  );
}

function appendLinear(
  { chain, node }: Context,
  { layout }: ImageValue,
  weights: Tensor,
  bias?: Tensor,
): ImageValue {
  return chain.append("fc", [node], (name) =>
    linearLayer({ name, weights: weightsInOurOrder(weights, layout), bias }),
  );
}

const gemm: Operator = (context) => {
  const { node } = context;
  if (intOf(node, "transA", 0) !== 0) {
    throw new InputError(
      `${describeNode(node)}: expected transA 0, got 1; the batch must stay the first axis`,
    );
  }
  const value = settledImage(context);
  const matrix = matrixAt(context);
  const weights = scaled(
    intOf(node, "transB", 0) ? matrix : transpose(matrix, [1, 0]),
    floatOf(node, "alpha", 1),
  );
  const addend = optionalConstant(context, 2);
  const bias = addend && scaled(broadcastBias(context, addend, weights.shape[0]), floatOf(node, "beta", 1));
  return appendLinear(context, value, weights, bias);
};

const matrixProduct: Operator = (context) =>
  appendLinear(context, settledImage(context), transpose(matrixAt(context), [1, 0]));

/** What reads each node of the kind. */
export const weightedOperators: readonly (readonly [op: string, Operator])[] = [
  ["Conv", convolution],
  ["ConvTranspose", transposedConvolution],
  ["Gemm", gemm],
  ["MatMul", matrixProduct],
];

function weightsAndBias(layer: WeightedLayer): TensorProto[] {
  const initializers = [floatInitializer(`${layer.name}.weight`, layer.weights)];
  if (layer.bias) initializers.push(floatInitializer(`${layer.name}.bias`, layer.bias));
  return initializers;
}

function writeConvolution(
  op: "Conv" | "ConvTranspose",
  layer: ConvolutionalLayer | TransposedConvolutionalLayer,
  input: string,
  output: string,
  more: ReturnType<typeof intAttribute>[] = [],
): WrittenLayer {
  const initializers = weightsAndBias(layer);
  const inputs = [input, ...initializers.map(({ name }) => name)];
  return {
    initializers,
    nodes: [
      newNode(
        op,
        layer.name,
        inputs,
        [output],
        [
          intAttribute("dilations", layer.dilation),
          intAttribute("group", layer.groups),
          intAttribute("kernel_shape", layer.kernelSize),
          intAttribute("pads", onnxPads(layer.padding)),
          intAttribute("strides", layer.stride),
          ...more,
        ],
      ),
    ],
  };
}

function writeLinear(layer: LinearLayer, input: string, output: string): WrittenLayer {
  const initializers = weightsAndBias(layer);
  const inputs = [input, ...initializers.map(({ name }) => name)];
  return {
    initializers,
    nodes: [
      newNode(
        "Gemm",
        layer.name,
        inputs,
        [output],
        [floatAttribute("alpha", 1), floatAttribute("beta", 1), intAttribute("transB", 1)],
      ),
    ],
  };
}

/** What writes each layer with weights. */
export const weightedWriters: LayerWriters<WeightedLayer["kind"]> = {
  convolutional: (layer, input, output) => writeConvolution("Conv", layer, input, output),
  transposedConvolutional: (layer, input, output) =>
    writeConvolution("ConvTranspose", layer, input, output, [
      intAttribute("output_padding", layer.outputPadding),
    ]),
  linear: writeLinear,
};
