import { activationLayer, type ActivationFunction, type ActivationLayer } from "../../model/activation.js";
import { tensor } from "../../tensor/tensor.js";
import { floatOf } from "./attributes.js";
import {
  appendSameShape,
  constantAt,
  imageOf,
  isImageValue,
  optionalConstant,
  type Context,
  type Operator,
  type OperatorEntry,
} from "./context.js";
import { add, multiply } from "./polynomial.js";
import { describeNode } from "./describe-node.js";
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
    if (isGate(context)) return undefined;
    const alpha = defaultAlpha === undefined ? undefined : floatOf(context.node, "alpha", defaultAlpha);
    return appendSameShape(context, f, (name) => activationLayer({ name, function: f, alpha }));
  };

/** Whether it is part of an activation such as x · tanh(softplus(x)), not a layer of a network with branches. */
function isGate(context: Context): boolean {
  const { chain } = context;
  const value = imageOf(context);
  const others = chain.otherReaders(value);
  return others.length > 0 && others.every(({ opType }) => opType === "Mul" || opType === "Div");
}

/** The bounds of a clip; undefined where it has none. */
function boundsOf(context: Context): (number | undefined)[] {
  const { node } = context;
  return ["min", "max"].map((name, i) => {
    const given = optionalConstant(context, i + 1)?.data[0] ?? floatOf(node, name, NaN);
    return Number.isNaN(given) ? undefined : given;
  });
}

/** ReLU and ReLU6, as exporters write them too; nothing where there are no bounds. */
const clip: Operator = (context) => {
  const bounds = boundsOf(context);
  // Older files have the bounds that a float32 ends at.
  const [min = -Infinity, max = Infinity] = bounds.map((bound) =>
    bound !== undefined && Math.abs(bound) < 3.4e38 ? bound : undefined,
  );
  if (min === -Infinity && max === Infinity) return imageOf(context);
  if (!(min < max)) return undefined;
  if (max === Infinity) return within(context, "relu", [-min, 1], [min, 1]);
  if (min === -Infinity) return within(context, "relu", [max, -1], [max, -1]);
  const unit = 6 / (max - min);
  return within(context, "relu6", [-min * unit, unit], [min, 1 / unit]);
};

type Affine = readonly [offset: number, gain: number];

/** An activation of what an affine map gives, and an affine map of that. */
function within(context: Context, f: ActivationFunction, before: Affine, after: Affine) {
  const { chain, node } = context;
  if (isGate(context)) return undefined;
  const polynomialOf = (affine: Affine) => affine.map((coefficient) => Float64Array.of(coefficient));
  const image = imageOf(context);
  const moved = {
    ...image,
    polynomial: add(multiply(image.polynomial, [Float64Array.of(before[1])]), [Float64Array.of(before[0])]),
    makers: [...image.makers, node],
  };
  chain.requireUnshared(image, describeNode(node));
  const activated = activation(f)({ ...context, inputs: [moved] });
  return activated && { ...activated, polynomial: polynomialOf(after), makers: [node] };
}

/** The larger of a value and zero. */
const atLeastZero: Operator = (context) => {
  const { inputs } = context;
  const isFirst = isImageValue(inputs[0]);
  const bound = inputs[isFirst ? 1 : 0];
  if (inputs.length !== 2 || !bound || isImageValue(bound) || bound.data.join() !== "0") return undefined;
  return activation("relu")(isFirst ? context : { ...context, inputs: inputs.toReversed() });
};

/** A leaky ReLU whose slope is the same for all channels. */
const prelu: Operator = (context) => {
  const slope = constantAt(context, 1).data;
  if (slope.some((value) => value !== slope[0])) return undefined;
  return appendSameShape(context, "leakyRelu", (name) =>
    activationLayer({ name, function: "leakyRelu", alpha: slope[0] }),
  );
};

const swish: Operator = (context) =>
  floatOf(context.node, "alpha", 1) === 1 ? activation("silu")(context) : undefined;

/** With other numbers than usual it is an ELU and a factor. */
const selu: Operator = (context) => {
  const near = (name: string, usual: number) => Math.abs(floatOf(context.node, name, usual) - usual) < 1e-6;
  const isUsual = near("alpha", 1.6732632423543772) && near("gamma", 1.0507009873554805);
  if (isUsual) return activation("selu")(context);
  const [alpha, gamma] = [
    floatOf(context.node, "alpha", 1.6732632423543772),
    floatOf(context.node, "gamma", 1.0507009873554805),
  ];
  if (isGate(context)) return undefined;
  const elu = appendSameShape(context, "elu", (name) => activationLayer({ name, function: "elu", alpha }));
  return { ...elu, polynomial: [Float64Array.of(0), Float64Array.of(gamma)], makers: [context.node] };
};

/** What reads each activation. */
export const activationOperators: readonly OperatorEntry[] = [
  ...Object.entries(operators).map(([f, { op, alpha }]): OperatorEntry => [
    op,
    1,
    alpha === undefined ? "" : "alpha",
    activation(f as ActivationFunction, alpha),
  ]),
  ["Selu", 1, "alpha gamma", selu],
  ["Clip", 3, "min max", clip],
  ["Max", 2, "", atLeastZero],
  ["PRelu", 2, "", prelu],
  ["HardSwish", 1, "", activation("hardswish")],
  ["Swish", 1, "alpha", swish],
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
