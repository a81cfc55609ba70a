import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { formatShape, type Tensor } from "../../tensor/tensor.js";
import { floatOf, intOf } from "./attributes.js";
import type { ImageValue } from "./chain.js";
import { constantAt, imageOf, isImageValue, type Context, type Operator } from "./context.js";
import { describeNode } from "./graph.js";
import { normalisation } from "../modules/batch-norm.js";
import { featuresInOurOrder, fileShape, sameLayout, type Layout } from "../layout.js";
import { add, constant, isIdentity, multiply, type Polynomial } from "./polynomial.js";

/**
 * A constant that ONNX broadcasts against a value, as one number for all values or one for each channel or feature.
 *
 * @throws InputError if it has others for each row, column or image
 */
function broadcast({ shape, data }: Tensor, layout: Layout, node: NodeProto): Float64Array {
  const sizes = fileShape(layout);
  const aligned = shape.map((size, i) => ({ size, axis: i - shape.length + sizes.length }));
  const spread = aligned.filter(({ size }) => size !== 1);
  const [{ size, axis } = { size: 1, axis: -1 }] = spread;
  const isEach = layout.isFlat || layout.order[axis] === 0;
  const isWithin = shape.length <= sizes.length + 1;
  if (isWithin && spread.length === 0) return data;
  if (isWithin && spread.length === 1 && isEach && size === sizes[axis])
    return featuresInOurOrder(data, layout);
  throw new InputError(
    `${describeNode(node)}: expected a constant of one number, or of ${layout.isFlat ? sizes[0] : layout.shape[0]} ` +
      `numbers, one for each channel or feature, got one of ${formatShape(shape)}`,
  );
}

type Combine = (p: Polynomial, q: Polynomial) => Polynomial;

const minusOne = constant(Float64Array.of(-1));
const subtract: Combine = (p, q) => add(p, multiply(q, minusOne));

/** Applies a function to a value's polynomial. */
function changed(value: ImageValue, polynomial: Polynomial, node: NodeProto): ImageValue {
  return { ...value, polynomial, makers: [...value.makers, node] };
}

/** A value and a constant. A factor for each channel begins a new layer: activations treat all channels alike. */
function withConstant(
  { chain, node }: Context,
  value: ImageValue,
  operand: Tensor,
  combine: (own: Polynomial, other: Polynomial) => Polynomial,
): ImageValue {
  const numbers = broadcast(operand, value.layout, node);
  const isNew = numbers.length > 1 && value.polynomial.length > 2 && !chain.isShared(value);
  const image = isNew ? chain.settle(value, describeNode(node)) : value;
  return changed(image, combine(image.polynomial, constant(numbers)), node);
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
  const makers = [...new Set([...left.makers, ...right.makers, node])];
  return { ...left, polynomial: combine(left.polynomial, right.polynomial), makers };
}

const combining =
  (combine: Combine): Operator =>
  (context) => {
    const [left, right] = context.inputs;
    if (isImageValue(left) && isImageValue(right)) return withValue(context, left, right, combine);
    if (isImageValue(left)) return withConstant(context, left, constantAt(context, 1), combine);
    const value = right as ImageValue;
    return withConstant(context, value, constantAt(context, 0), (own, other) => combine(other, own));
  };

/** A power of a value; where nothing else needs the value, what it is made of becomes a layer of its own first. */
function powerOf({ chain, node }: Context, value: ImageValue, exponent: number): ImageValue {
  const base =
    isIdentity(value.polynomial) || chain.isShared(value) ? value : chain.settle(value, describeNode(node));
  let power = base.polynomial;
  for (let k = 1; k < exponent; k++) power = multiply(power, base.polynomial);
  return changed(base, power, node);
}

export const addition = combining(add);
export const subtraction = combining(subtract);

export const multiplication: Operator = (context) => {
  const [left, right] = context.inputs;
  return left === right ? powerOf(context, left as ImageValue, 2) : combining(multiply)(context);
};

export const division: Operator = (context) => {
  const { shape, data } = constantAt(context, 1);
  const inverse = { shape, data: data.map((value) => 1 / value) };
  return withConstant(context, imageOf(context), inverse, multiply);
};

export const negation: Operator = (context) => {
  const value = imageOf(context);
  return changed(value, multiply(value.polynomial, minusOne), context.node);
};

const largestExponent = 63;

export const power: Operator = (context) => {
  const exponent = constantAt(context, 1).data;
  if (
    exponent.length === 1 &&
    Number.isInteger(exponent[0]) &&
    exponent[0] > 0 &&
    exponent[0] <= largestExponent
  ) {
    return powerOf(context, imageOf(context), exponent[0]);
  }
  throw new InputError(
    `${describeNode(context.node)}: expected a whole exponent of 1 to ${largestExponent}, ` +
      `got ${exponent.slice(0, 8).join(", ")}; use a square activation`,
  );
};

export const batchNormalization: Operator = (context) => {
  const { node } = context;
  const value = imageOf(context);
  if (intOf(node, "training_mode", 0) !== 0 || intOf(node, "spatial", 1) !== 1) {
    throw new InputError(`${describeNode(node)}: it depends on the batch; export the model for inference`);
  }
  const [weight, bias, mean, variance] = [1, 2, 3, 4].map((index) => constantAt(context, index).data);
  const { gains, offsets } = normalisation({
    weight,
    bias,
    mean,
    variance,
    epsilon: floatOf(node, "epsilon", 1e-5),
  });
  const rank = fileShape(value.layout).length;
  const each = (data: Float64Array) => ({ shape: [data.length, ...Array<number>(rank - 1).fill(1)], data });
  const multiplied = withConstant(context, value, each(gains), multiply);
  return withConstant(context, multiplied, each(offsets), add);
};
