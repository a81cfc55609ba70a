import { InputError } from "../../errors.js";
import type { NodeProto, TensorProto } from "onnx-buf";
import { convolutionalLayer, type ConvolutionalLayer } from "../../model/convolutional.js";
import type { Padding, Pair } from "../../model/layer.js";
import type { WeightedLayer } from "../../model/layers.js";
import { linearLayer, type LinearLayer } from "../../model/linear.js";
import type { SlidingWindow } from "../../model/sliding-window.js";
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
  isImageValue,
  optionalConstant,
  settledImage,
  type Context,
  type Operator,
  type OperatorEntry,
} from "./context.js";
import { describeNode } from "./describe-node.js";
import { asGiven, kernelShape, settledAsImage, type ImageInput } from "./image-input.js";
import { imageMatrixProduct, isRow } from "./matrix-product.js";
import { floatAttribute, floatInitializer, intAttribute, node as newNode } from "./messages.js";
import { weightsInOurOrder } from "../layout.js";
import { pairOf, windowOf, type Dimensions } from "./window.js";
import { onnxPads, type LayerWriters, type WrittenLayer } from "./written-layer.js";

const convolution: Operator = (context) => {
  const { node, chain } = context;
  const { image, dimensions } = settledAsImage(context);
  const weights = kernelAt(context, dimensions);
  const bias = biasAt(context);
  const window = weightedWindow(node, weights, image, dimensions);
  const { stride, padding, dilation } = window;
  const groups = intOf(node, "group", 1);
  const output = chain.append("conv", [node], (name) =>
    convolutionalLayer({ name, weights, bias, stride, padding, dilation, groups }),
  );
  return asGiven(output, dimensions);
};

const transposedConvolution: Operator = (context) => {
  const { node, chain } = context;
  const { image, dimensions } = settledAsImage(context);
  const weights = kernelAt(context, dimensions);
  const bias = biasAt(context);
  const window = weightedWindow(node, weights, image, dimensions, "NOTSET");
  const { stride, dilation } = window;
  const { padding, outputPadding } = transposedPadding(node, window, image, dimensions);
  const groups = intOf(node, "group", 1);
  const output = chain.append("conv", [node], (name) =>
    transposedConvolutionalLayer({
      name,
      weights,
      bias,
      stride,
      padding,
      outputPadding,
      dilation,
      groups,
    }),
  );
  return asGiven(output, dimensions);
};

/**
 * What a transposed convolution cuts off and adds, by ONNX's formulas: where the node says the size of the output, the
 * padding follows from it.
 *
 * @see https://onnx.ai/onnx/operators/onnx__ConvTranspose.html
 */
function transposedPadding(
  node: NodeProto,
  { kernelSize, stride, dilation, padding }: SlidingWindow,
  [, height, width]: ImageInput["image"],
  dimensions: Dimensions,
): { readonly padding: Padding; readonly outputPadding: Pair } {
  const given = intsOf(node, "output_padding");
  const outputPadding: Pair = given ? wholePair(node, "output_padding", given, dimensions) : [0, 0];
  const autoPad = textOf(node, "auto_pad", "NOTSET");
  const asked = intsOf(node, "output_shape");
  if (!asked && ["NOTSET", 1, "VALID"].includes(autoPad)) return { padding, outputPadding };
  if (!["NOTSET", 1, "SAME_UPPER", "SAME_LOWER"].includes(autoPad)) {
    throw new InputError(
      `${describeNode(node)}: expected auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER, got ${JSON.stringify(autoPad)}`,
    );
  }
  const sizes = [height, width];
  // Newer files may say batch and channels too.
  const last = asked?.slice(-dimensions);
  const shape = last
    ? wholePair(node, "output_shape", last, dimensions, 1)
    : sizes.map((s, i) => s * stride[i]);
  // What lies beyond all windows is filled with zeros, as by the output padding.
  const missing = (axis: 0 | 1) =>
    shape[axis] -
    (stride[axis] * (sizes[axis] - 1) + outputPadding[axis] + (kernelSize[axis] - 1) * dilation[axis] + 1);
  const along = (axis: 0 | 1) => {
    const total = Math.max(0, -missing(axis));
    const half = Math.floor(total / 2);
    return autoPad === "SAME_UPPER" ? [half, total - half] : [total - half, half];
  };
  const [[top, bottom], [left, right]] = [along(0), along(1)];
  const [rows, columns] = [0, 1].map((axis) => outputPadding[axis] + Math.max(0, missing(axis as 0 | 1)));
  if (asked && ![rows, columns].every((size, axis) => size < Math.max(stride[axis], dilation[axis]))) {
    throw new InputError(
      `${describeNode(node)}: expected an output_shape that the windows reach, got [${asked.join(", ")}]; ` +
        `export the model with pads and output_padding`,
    );
  }
  return { padding: { top, bottom, left, right }, outputPadding: [rows, columns] };
}

/** Whole numbers for height and width; of an image of one dimension, for its length. */
function wholePair(
  node: NodeProto,
  name: string,
  values: readonly number[],
  dimensions: Dimensions,
  height = 0,
): Pair {
  if (values.length !== dimensions) {
    throw new InputError(
      `${describeNode(node)}: expected ${name} with ${dimensions} numbers, got [${values.join(", ")}]`,
    );
  }
  return dimensions === 1 ? [height, values[0]] : [values[0], values[1]];
}

function biasAt(context: Context): Tensor | undefined {
  const bias = optionalConstant(context, 2);
  return bias && { shape: bias.shape, data: bias.data };
}

/** The weights of a convolution, with a kernel of height and width. @throws InputError if they have other axes */
function kernelAt(context: Context, dimensions: Dimensions): Tensor {
  const { shape, data } = constantAt(context, 1);
  if (shape.length === 2 + dimensions) return { shape: kernelShape(shape, dimensions), data };
  throw new InputError(
    `${describeNode(context.node)}: expected weights with ${2 + dimensions} axes for images of ` +
      `${dimensions} dimensions, got ${formatShape(shape)}`,
  );
}

/** How weights slide over an image. @throws InputError unless they are of the kernel that the node declares, if it does */
function weightedWindow(
  node: NodeProto,
  { shape }: Tensor,
  [, height, width]: ImageInput["image"],
  dimensions: Dimensions,
  padding?: "NOTSET",
): SlidingWindow {
  const kernelSize: Pair = [shape[2], shape[3]];
  const declared = intsOf(node, "kernel_shape") ? pairOf(node, "kernel_shape", dimensions) : kernelSize;
  if (formatShape(declared) === formatShape(kernelSize)) {
    return windowOf(node, kernelSize, [height, width], dimensions, padding);
  }
  throw new InputError(
    `${describeNode(node)}: expected weights of the kernel ${formatShape(declared)}, got ${formatShape(shape)}`,
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

const matrixProduct: Operator = (context) => {
  const [left, right] = context.inputs;
  const value = isImageValue(left) ? left : (right as ImageValue);
  const constant = constantAt(context, isImageValue(left) ? 1 : 0);
  if (isImageValue(left) && isRow(value, constant)) {
    return appendLinear(context, settledImage(context), transpose(constant, [1, 0]));
  }
  return imageMatrixProduct(context, value, constant);
};

/** What reads each node of the kind. */
export const weightedOperators: readonly OperatorEntry[] = [
  ["Conv", 3, "auto_pad dilations group kernel_shape pads strides", convolution],
  [
    "ConvTranspose",
    3,
    "auto_pad dilations group kernel_shape output_padding output_shape pads strides",
    transposedConvolution,
  ],
  ["Gemm", 3, "alpha beta transA transB", gemm],
  ["MatMul", 2, "", matrixProduct],
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
