import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { formatShape } from "../../tensor/tensor.js";
import { floatOf, intOf } from "./attributes.js";
import { broadcastTo } from "./fold-inputs.js";
import type { ImageValue } from "./chain.js";
import type { Constant } from "./constants.js";
import {
  constantAt,
  imageOf,
  isImageValue,
  type Context,
  type Operator,
  type OperatorEntry,
} from "./context.js";
import { describeNode } from "./describe-node.js";
import { normalisation } from "../modules/batch-norm.js";
import { featurePlaces, fileShape, sameLayout, type Layout } from "../layout.js";
import { add, constant, isIdentity, multiply, type Polynomial } from "./polynomial.js";

/**
 * A constant that ONNX broadcasts against a value, as one number for all values, one for each channel, or one for each value
 * in our order.
 *
 * @throws InputError if it has others for each image, or makes images larger
 */
function broadcast({ shape, data }: Constant, layout: Layout, node: NodeProto): Float64Array {
  const sizes = fileShape(layout);
  const missing = sizes.length + 1 - shape.length;
  const [batch, ...aligned] = [...Array<number>(Math.max(0, missing)).fill(1), ...shape];
  const fits = aligned.every((size, axis) => size === 1 || size === sizes[axis]);
  if (missing < 0 || batch !== 1 || !fits) {
    throw new InputError(
      `${describeNode(node)}: expected a constant that is the same for every image of ${formatShape(sizes)}, one number ` +
        `or one for each channel or value, got one of ${formatShape(shape)}`,
    );
  }
  if (data.length === 1) return data;
  const spreadAxes = aligned.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  if (!layout.isFlat && spreadAxes.length === 1 && layout.order[spreadAxes[0]] === 0) return data;
  const whole = broadcastTo({ shape: aligned, data }, sizes);
  const places = featurePlaces(layout);
  if (!places) return whole;
  const ordered = new Float64Array(whole.length);
  places.forEach((place, i) => (ordered[place] = whole[i]));
  return ordered;
}

type Combine = (p: Polynomial, q: Polynomial) => Polynomial;

const minusOne = constant(Float64Array.of(-1));
const subtract: Combine = (p, q) => add(p, multiply(q, minusOne));

/** Applies a function to a value's polynomial. */
function changed({ chain, node }: Context, value: ImageValue, polynomial: Polynomial): ImageValue {
  chain.spend(polynomial.reduce((sum, { length }) => sum + length, 0));
  return { ...value, polynomial, makers: [...value.makers, node] };
}

/** A value and a constant. A factor for each channel begins a new layer: activations treat all channels alike. */
function withConstant(
  context: Context,
  value: ImageValue,
  operand: Constant,
  combine: (own: Polynomial, other: Polynomial) => Polynomial,
): ImageValue {
  const { chain, node } = context;
  const numbers = broadcast(operand, value.layout, node);
  const isNew = numbers.length > 1 && value.polynomial.length > 2 && !chain.isShared(value);
  const image = isNew ? chain.settle(value, describeNode(node)) : value;
  return changed(context, image, combine(image.polynomial, constant(numbers)));
}

/** Two values that one layer gives. */
function withValue(context: Context, left: ImageValue, right: ImageValue, combine: Combine): ImageValue {
  const { chain, node } = context;
  if (left.base !== right.base) {
    throw chain.notAChain(
      `${describeNode(node)} joins ${JSON.stringify(node.input[0])} and ${JSON.stringify(node.input[1])}, ` +
        `which come from different layers`,
    );
  }
  if (!sameLayout(left.layout, right.layout)) {
    throw new InputError(`${describeNode(node)}: expected two values of one shape and order of axes`);
  }
  const makers = [...new Set([...left.makers, ...right.makers])];
  return changed(context, { ...left, makers }, combine(left.polynomial, right.polynomial));
}

/** A value joined with another, or with a constant. */
function combined(
  context: Context,
  value: ImageValue,
  other: ImageValue | Constant,
  combine: Combine,
): ImageValue {
  if (isImageValue(other)) return withValue(context, value, other, combine);
  return withConstant(context, value, other, combine);
}

const combining =
  (combine: Combine): Operator =>
  (context) => {
    const [left] = context.inputs;
    if (isImageValue(left)) return combined(context, left, operandAt(context, 1), combine);
    const value = operandAt(context, 1) as ImageValue;
    return withConstant(context, value, constantAt(context, 0), (own, other) => combine(other, own));
  };

/** @throws InputError if there is no such input */
function operandAt({ node, inputs }: Context, index: number): ImageValue | Constant {
  const operand = inputs[index];
  if (operand) return operand;
  throw new InputError(
    `${describeNode(node)}: expected an input ${index}, got none; the file is damaged, export it again`,
  );
}

/** All inputs added up. */
function sum(context: Context): ImageValue {
  const operands = context.inputs.map((_, index) => operandAt(context, index));
  const [first, ...others] = [
    ...operands.filter(isImageValue),
    ...operands.filter((operand) => !isImageValue(operand)),
  ];
  return others.reduce<ImageValue>(
    (value, other) => combined(context, value, other, add),
    first as ImageValue,
  );
}

const meanOfInputs: Operator = (context) => {
  const value = sum(context);
  const share = Float64Array.of(1 / context.inputs.length);
  return changed(context, value, multiply(value.polynomial, constant(share)));
};

/** A power of a value; where nothing else needs the value, what it is made of becomes a layer of its own first. */
function powerOf(context: Context, value: ImageValue, exponent: number): ImageValue {
  const { chain, node } = context;
  const base =
    isIdentity(value.polynomial) || chain.isShared(value) ? value : chain.settle(value, describeNode(node));
  let power = base.polynomial;
  for (let k = 1; k < exponent; k++) power = multiply(power, base.polynomial);
  return changed(context, base, power);
}

const multiplication: Operator = (context) => {
  const [left, right] = context.inputs;
  return left === right ? powerOf(context, left as ImageValue, 2) : combining(multiply)(context);
};

const division: Operator = (context) => {
  const divisor = constantAt(context, 1);
  if (divisor.data.includes(0)) {
    throw new InputError(
      `${describeNode(context.node)}: expected divisors other than 0, got 0; export the model again`,
    );
  }
  const inverse = { ...divisor, data: divisor.data.map((value) => 1 / value) };
  return withConstant(context, imageOf(context), inverse, multiply);
};

const negation: Operator = (context) => {
  const value = imageOf(context);
  return changed(context, value, multiply(value.polynomial, minusOne));
};

const largestExponent = 63;

const power: Operator = (context) => {
  const operand = constantAt(context, 1);
  const exponent = operand.data;
  const [first] = exponent;
  const isOne = exponent.every((value) => value === first);
  if (isOne && Number.isInteger(first) && first > 0 && first <= largestExponent) {
    const value = imageOf(context);
    broadcast(operand, value.layout, context.node);
    return powerOf(context, value, first);
  }
  throw new InputError(
    `${describeNode(context.node)}: expected a whole exponent of 1 to ${largestExponent}, ` +
      `got ${exponent.slice(0, 8).join(", ")}; use a square activation`,
  );
};

const batchNormalization: Operator = (context) => {
  const { node } = context;
  const value = imageOf(context);
  if (intOf(node, "training_mode", 0) !== 0 || intOf(node, "spatial", 1) !== 1) {
    throw new InputError(`${describeNode(node)}: it depends on the batch; export the model for inference`);
  }
  const [channels] = fileShape(value.layout);
  const statistics = [1, 2, 3, 4].map((index) => constantAt(context, index).data);
  const wrong = statistics.find(({ length }) => length !== channels);
  if (wrong) {
    throw new InputError(
      `${describeNode(node)}: expected ${channels} numbers, one for each channel, got ${wrong.length}; ` +
        `the file is damaged, export it again`,
    );
  }
  const [weight, bias, mean, variance] = statistics;
  const { gains, offsets } = normalisation({
    weight,
    bias,
    mean,
    variance,
    epsilon: floatOf(node, "epsilon", 1e-5),
  });
  const rank = fileShape(value.layout).length;
  const each = (data: Float64Array): Constant => ({
    shape: [data.length, ...Array<number>(rank - 1).fill(1)],
    data,
    type: "f64",
  });
  const multiplied = withConstant(context, value, each(gains), multiply);
  return withConstant(context, multiplied, each(offsets), add);
};

/** What reads each node that computes element by element. */
export const elementWiseOperators: readonly OperatorEntry[] = [
  ["Add", 2, "", combining(add)],
  ["Sub", 2, "", combining(subtract)],
  ["Mul", 2, "", multiplication],
  ["Div", 2, "", division],
  ["Sum", Infinity, "", sum],
  ["Mean", Infinity, "", meanOfInputs],
  ["Neg", 1, "", negation],
  ["Pow", 2, "", power],
  ["BatchNormalization", 5, "epsilon momentum spatial training_mode", batchNormalization],
];
