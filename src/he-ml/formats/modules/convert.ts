import { InputError } from "../../errors.js";
import { activationLayer, type ActivationFunction } from "../../model/activation.js";
import { convolutionalLayer, type ConvolutionalLayer } from "../../model/convolutional.js";
import { identityLayer } from "../../model/identity.js";
import type { Padding, Pair } from "../../model/layer.js";
import { linearLayer } from "../../model/linear.js";
import type { NetworkLayer } from "../../model/model.js";
import { paddingLayer } from "../../model/padding.js";
import { polynomialLayer } from "../../model/polynomial.js";
import { squareLayer } from "../../model/square.js";
import { transposedConvolutionalLayer } from "../../model/transposed-convolutional.js";
import { formatShape, type Shape } from "../../tensor/tensor.js";
import type { Module, ModuleOf, ModuleType, SoftmaxType } from "../description.js";
import { readBatchNorm } from "./batch-norm.js";
import type { Dimensions, Draft, ShapedLayer } from "./draft.js";
import { adaptiveAveragePoolOf, averagePoolOf, axesOf, maxPoolOf } from "./pooling.js";
import { flattenOf, unflattenOf } from "./reshaping.js";
import type { ConvertibleModule } from "./unknown.js";
import { describeModule, type Weights } from "./weights.js";

type ConvertibleType = Exclude<ModuleType, SoftmaxType>;

type Converter<T extends ModuleType> = (
  module: ModuleOf<T>,
  weights: Weights,
  dimensions: Dimensions,
) => Draft;

const shaped =
  <M extends Module>(convert: (module: M, inputShape: Shape) => NetworkLayer) =>
  (module: M): ShapedLayer => ({
    kind: "shaped",
    name: module.name,
    at: (inputShape) => convert(module, inputShape),
  });

const identity = ({ name }: Module) => identityLayer({ name });
const activation =
  (f: ActivationFunction) =>
  ({ name }: Module) =>
    activationLayer({ name, function: f });

const converters: { readonly [T in ConvertibleType]: Converter<T> } = {
  Conv1d: convolutionOf,
  Conv2d: convolutionOf,
  ConvTranspose2d: transposedConvolutionOf,
  Linear: linearOf,
  BatchNorm1d: readBatchNorm,
  BatchNorm2d: readBatchNorm,
  AvgPool1d: shaped(averagePoolOf),
  AvgPool2d: shaped(averagePoolOf),
  AdaptiveAvgPool1d: shaped(adaptiveAveragePoolOf),
  AdaptiveAvgPool2d: shaped(adaptiveAveragePoolOf),
  MaxPool1d: shaped(maxPoolOf),
  MaxPool2d: shaped(maxPoolOf),
  ZeroPad2d: ({ name, padding }) => {
    const [left, right, top, bottom] = typeof padding === "number" ? Array<number>(4).fill(padding) : padding;
    return paddingLayer({ name, padding: { left, right, top, bottom } });
  },
  Flatten: flattenOf,
  Unflatten: unflattenOf,
  Identity: identity,
  Dropout: identity,
  Dropout1d: identity,
  Dropout2d: identity,
  AlphaDropout: identity,
  Square: ({ name }) => squareLayer({ name }),
  Polynomial: polynomialOf,
  ReLU: activation("relu"),
  ReLU6: activation("relu6"),
  LeakyReLU: ({ name, negative_slope }) =>
    activationLayer({ name, function: "leakyRelu", alpha: negative_slope }),
  ELU: ({ name, alpha }) => activationLayer({ name, function: "elu", alpha }),
  CELU: ({ name, alpha }) => activationLayer({ name, function: "celu", alpha }),
  SELU: activation("selu"),
  SiLU: activation("silu"),
  Hardswish: activation("hardswish"),
  Softplus: softplusOf,
  Sigmoid: activation("sigmoid"),
  Tanh: activation("tanh"),
};

/** @throws InputError if the module's arguments and its weights do not fit together, or mean something unsupported */
export function convertModule(module: ConvertibleModule, weights: Weights, dimensions: Dimensions): Draft {
  return (converters[module.type] as Converter<ConvertibleType>)(module as never, weights, dimensions);
}

function convolutionOf(
  module: ModuleOf<"Conv1d"> | ModuleOf<"Conv2d">,
  weights: Weights,
): ConvolutionalLayer {
  const what = describeModule(module);
  const { name, groups } = module;
  const dimensions = module.type === "Conv1d" ? 1 : 2;
  requireZeros(module);
  const { shape, data } = weights.required(module, "weight");
  if (shape.length !== 2 + dimensions) {
    throw new InputError(`${what}: expected weights with ${2 + dimensions} axes, got ${formatShape(shape)}`);
  }
  const [outChannels, channels] = shape;
  const kernel: Pair = dimensions === 1 ? [1, shape[2]] : [shape[2], shape[3]];
  requireSame(what, "out_channels", module.out_channels, outChannels);
  requireSame(what, "in_channels", module.in_channels, channels * groups);
  if (module.kernel_size !== undefined) {
    requireSame(
      what,
      "kernel_size",
      formatShape(axesOf(dimensions, module.kernel_size, 1)),
      formatShape(kernel),
    );
  }
  const stride = axesOf(dimensions, module.stride ?? 1, 1);
  const dilation = axesOf(dimensions, module.dilation ?? 1, 1);
  return convolutionalLayer({
    name,
    weights: { shape: [outChannels, channels, ...kernel], data },
    bias: biasOf(module, weights, outChannels),
    stride,
    dilation,
    groups,
    padding: paddingOf(module, dimensions, kernel, stride, dilation),
  });
}

function transposedConvolutionOf(module: ModuleOf<"ConvTranspose2d">, weights: Weights): NetworkLayer {
  const what = describeModule(module);
  const { name, groups, stride, padding, output_padding, dilation, kernel_size } = module;
  requireZeros(module);
  const weight = weights.required(module, "weight");
  if (weight.shape.length !== 4) {
    throw new InputError(`${what}: expected weights with 4 axes, got ${formatShape(weight.shape)}`);
  }
  const [inChannels, perGroup, ...kernel] = weight.shape;
  requireSame(what, "in_channels", module.in_channels, inChannels);
  requireSame(what, "out_channels", module.out_channels, perGroup * groups);
  const described = kernel_size === undefined ? undefined : formatShape(axesOf(2, kernel_size, 1));
  requireSame(what, "kernel_size", described, formatShape(kernel));
  return transposedConvolutionalLayer({
    name,
    weights: weight,
    bias: biasOf(module, weights, perGroup * groups),
    stride,
    padding,
    outputPadding: output_padding,
    dilation,
    groups,
  });
}

/** @throws InputError if a convolution pads with anything but zeros */
function requireZeros(module: Pick<ModuleOf<"Conv2d">, "name" | "padding_mode"> & { readonly type: string }) {
  if (module.padding_mode === "zeros") return;
  const what = `${module.type} ${JSON.stringify(module.name)}`;
  throw new InputError(
    `${what}: expected padding_mode "zeros", got ${JSON.stringify(module.padding_mode)}; pad with zeros`,
  );
}

/** With an even kernel "same" pads one pixel more behind the image, as PyTorch does. */
function paddingOf(
  module: ModuleOf<"Conv1d"> | ModuleOf<"Conv2d">,
  dimensions: 1 | 2,
  kernel: Pair,
  stride: Pair,
  dilation: Pair,
): Pair | Padding {
  const { padding = 0 } = module;
  if (padding === "valid") return [0, 0];
  if (padding !== "same") return axesOf(dimensions, padding, 0);
  if (stride.some((step) => step !== 1)) {
    throw new InputError(
      `${describeModule(module)}: padding "same" expects stride 1, got ${formatShape(stride)}`,
    );
  }
  const [rows, columns] = kernel.map((size, axis) => dilation[axis] * (size - 1));
  const [top, left] = [Math.floor(rows / 2), Math.floor(columns / 2)];
  return { top, bottom: rows - top, left, right: columns - left };
}

function linearOf(module: ModuleOf<"Linear">, weights: Weights): NetworkLayer {
  const what = describeModule(module);
  const weight = weights.required(module, "weight");
  requireSame(what, "out_features", module.out_features, weight.shape[0]);
  requireSame(what, "in_features", module.in_features, weight.shape[1]);
  return linearLayer({ name: module.name, weights: weight, bias: biasOf(module, weights, weight.shape[0]) });
}

/** The bias of a layer, which a description may promise, rule out, or leave to the file. */
function biasOf(module: Module & { readonly bias?: boolean }, weights: Weights, size: number) {
  if (module.bias === false) return undefined;
  return module.bias ? weights.required(module, "bias", [size]) : weights.optional(module, "bias", [size]);
}

function polynomialOf(module: ModuleOf<"Polynomial">, weights: Weights): NetworkLayer {
  const { name, coefficients } = module;
  return polynomialLayer({
    name,
    coefficients: coefficients ?? [...weights.required(module, "coefficients").data],
  });
}

function softplusOf(module: ModuleOf<"Softplus">): NetworkLayer {
  if (module.beta === 1 && module.threshold >= 20) {
    return activationLayer({ name: module.name, function: "softplus" });
  }
  throw new InputError(
    `${describeModule(module)}: expected beta 1 and threshold 20, got ${module.beta} and ${module.threshold}`,
  );
}

function requireSame<T>(what: string, argument: string, described: T | undefined, found: T): void {
  if (described === undefined || described === found) return;
  throw new InputError(`${what}: ${argument} is ${String(described)}, but its weights say ${String(found)}`);
}
