import { activationLayer, type ActivationFunction, type ActivationLayer } from "../../model/activation.js";
import { tensor } from "../../tensor/tensor.js";
import { floatOf } from "./attributes.js";
import { appendSameShape, imageOf, optionalConstant, type Operator } from "./context.js";
import { floatAttribute, floatInitializer, node } from "./messages.js";
import type { WrittenLayer } from "./written-layer.js";

/** Activations for which the ONNX opset that is written has no operator of their own: HardSwish came with opset 14. */
type Composed = "relu6" | "silu" | "hardswish";

/** ONNX's operator for each activation, and what it takes for a missing `alpha`, where the function has one. */
const operators: {
  readonly [F in Exclude<ActivationFunction, Composed>]: { readonly op: string; readonly alpha?: number };
} = {
  relu: { op: "Relu" },
  leakyRelu: { op: "LeakyRelu", alpha: 0.01 },
  elu: { op: "Elu", alpha: 1 },
  celu: { op: "Celu", alpha: 1 },
  selu: { op: "Selu" },
  softplus: { op: "Softplus" },
  sigmoid: { op: "Sigmoid" },
  tanh: { op: "Tanh" },
};

const activation =
  (f: ActivationFunction, defaultAlpha?: number): Operator =>
  (context) => {
    // Something such as x * sigmoid(x).
    if (context.chain.isShared(imageOf(context))) return undefined;
    const alpha = defaultAlpha === undefined ? undefined : floatOf(context.node, "alpha", defaultAlpha);
    return appendSameShape(context, f, (name) => activationLayer({ name, function: f, alpha }));
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

/** What reads each activation. */
export const activationOperators: readonly (readonly [op: string, Operator])[] = [
  ...Object.entries(operators).map(([f, { op, alpha }]): [string, Operator] => [
    op,
    activation(f as ActivationFunction, alpha),
  ]),
  ["Selu", selu],
  ["Clip", clip],
  ["HardSwish", activation("hardswish")],
];

/** @returns the nodes of an activation, the last of which bears its name */
export function writeActivation(layer: ActivationLayer, input: string, output: string): WrittenLayer {
  const { name, function: f } = layer;
  if (f === "relu6") {
    const bounds = [0, 6].map((bound) => floatInitializer(`${name}.to${bound}`, tensor([], [bound])));
    const inputs = [input, ...bounds.map((bound) => bound.name)];
    return { initializers: bounds, nodes: [node("Clip", name, inputs, [output])] };
  }
  if (f === "silu" || f === "hardswish") {
    const gate = `${name}.gate`;
    const [op, attributes] =
      f === "silu"
        ? ["Sigmoid", []]
        : ["HardSigmoid", [floatAttribute("alpha", 1 / 6), floatAttribute("beta", 0.5)]];
    return {
      initializers: [],
      nodes: [node(op, gate, [input], [gate], attributes), node("Mul", name, [input, gate], [output])],
    };
  }
  const { op, alpha } = operators[f];
  const attributes = alpha === undefined ? [] : [floatAttribute("alpha", layer.alpha ?? alpha)];
  return { initializers: [], nodes: [node(op, name, [input], [output], attributes)] };
}
