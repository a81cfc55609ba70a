import { InputError } from "../../errors.js";
import { activationLayer, type ActivationFunction } from "../../model/activation.js";
import { identityLayer } from "../../model/identity.js";
import type { NetworkLayer } from "../../model/model.js";
import { floatOf } from "./attributes.js";
import { imageOf, optionalConstant, settledImage, type Context, type Operator } from "./context.js";
import * as elementWise from "./element-wise.js";
import { describeNode } from "./graph.js";
import * as pooling from "./pooling.js";
import * as reshaping from "./reshaping.js";
import { convolution, gemm, matrixProduct } from "./weighted-layers.js";

/** Appends a layer that keeps the shape of its input. */
function sameShape(context: Context, prefix: string, make: (name: string) => NetworkLayer) {
  const { layout } = settledImage(context);
  return { ...context.chain.append(prefix, [context.node], make), layout };
}

/** @param defaultAlpha what ONNX takes for a missing `alpha`, where the function has one */
const activation =
  (f: ActivationFunction, defaultAlpha?: number): Operator =>
  (context) => {
    // Something such as x * sigmoid(x).
    if (context.chain.isShared(imageOf(context))) return undefined;
    const alpha = defaultAlpha === undefined ? undefined : floatOf(context.node, "alpha", defaultAlpha);
    return sameShape(context, f, (name) => activationLayer({ name, function: f, alpha }));
  };

/** ReLU6, as exporters write it. */
const clip: Operator = (context) => {
  const bound = (index: number, name: string) =>
    optionalConstant(context, index)?.data[0] ?? floatOf(context.node, name, NaN);
  return bound(1, "min") === 0 && bound(2, "max") === 6 ? activation("relu6")(context) : undefined;
};

const selu: Operator = (context) => {
  const near = (name: string, usual: number) => Math.abs(floatOf(context.node, name, usual) - usual) < 1e-6;
  const isUsual = near("alpha", 1.6732632423543772) && near("gamma", 1.0507009873554805);
  return isUsual ? activation("selu")(context) : undefined;
};

/** A named node that changes nothing keeps its place among the layers, unless it lies within an activation. */
const identity: Operator = (context) => {
  const value = imageOf(context);
  if (context.node.name === "" || context.chain.isShared(value)) return value;
  return sameShape(context, "identity", (name) => identityLayer({ name }));
};

const dropout: Operator = (context) => {
  const trainingMode = optionalConstant(context, 2);
  if (trainingMode && trainingMode.data[0] !== 0) {
    throw new InputError(
      `${describeNode(context.node)}: it drops values at random; export the model for inference`,
    );
  }
  return identity(context);
};

/** Operators whose layers can be encrypted, or run on plain values. */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["Conv", convolution],
  ["Gemm", gemm],
  ["MatMul", matrixProduct],
  ["Add", elementWise.addition],
  ["Sub", elementWise.subtraction],
  ["Mul", elementWise.multiplication],
  ["Div", elementWise.division],
  ["Neg", elementWise.negation],
  ["Pow", elementWise.power],
  ["BatchNormalization", elementWise.batchNormalization],
  ["AveragePool", pooling.averagePool],
  ["GlobalAveragePool", pooling.globalAveragePool],
  ["ReduceMean", pooling.mean],
  ["MaxPool", pooling.maxPool],
  ["Pad", pooling.pad],
  ["Flatten", reshaping.flatten],
  ["Reshape", reshaping.reshape],
  ["Squeeze", reshaping.squeeze],
  ["Transpose", reshaping.transpose],
  ["Identity", identity],
  ["Dropout", dropout],
  ["Cast", imageOf],
  ["Relu", activation("relu")],
  ["LeakyRelu", activation("leakyRelu", 0.01)],
  ["Elu", activation("elu", 1)],
  ["Selu", selu],
  ["Clip", clip],
  ["Softplus", activation("softplus")],
  ["Sigmoid", activation("sigmoid")],
  ["Tanh", activation("tanh")],
]);
