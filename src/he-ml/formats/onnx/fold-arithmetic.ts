import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { sizeOf } from "../../tensor/tensor.js";
import type { NumberType } from "../numbers.js";
import { intOf } from "./attributes.js";
import type { Constant } from "./constants.js";
import { castTo, isFloat, kept, numberTypeOf, typeName } from "./element-types.js";
import { axisOf, broadcastShape, broadcastTo, inputAt, type Fold, type FoldEntry } from "./fold-inputs.js";
import { describeNode } from "./describe-node.js";

function refuse(node: NodeProto, what: string): InputError {
  return new InputError(`${describeNode(node)}: ${what}; export the model with constant folding`);
}

/** Results are kept in a type, whatever they are computed in. */
function keptAll(node: NodeProto, shape: readonly number[], data: Float64Array, type: NumberType): Constant {
  const what = describeNode(node);
  return { shape, data: data.map((value) => kept(value, type, what)), type };
}

/** The type that all inputs share. @throws InputError if they do not */
function sharedType(node: NodeProto, inputs: readonly Constant[]): NumberType {
  const types = new Set(inputs.map(({ type }) => type));
  if (types.size === 1) return inputs[0].type;
  throw refuse(node, `expected constants of one type, got ${[...types].join(" and ")}`);
}

/** The quotient without its fraction, as ONNX divides whole numbers. */
function wholeQuotient(a: number, b: number): number {
  return (a - (a % b)) / b;
}

function quotient(node: NodeProto, type: NumberType): (a: number, b: number) => number {
  if (isFloat(type)) return (a, b) => a / b;
  return (a, b) => {
    if (b === 0) throw refuse(node, "expected a whole divisor other than 0, got 0");
    return wholeQuotient(a, b);
  };
}

type Binary = (node: NodeProto, type: NumberType) => (a: number, b: number) => number;

/** Two or more constants, element by element. */
function arithmetic(make: Binary): Fold {
  return (node, given) => {
    const inputs = given.map((_, index) => inputAt(node, given, index));
    const type = sharedType(node, inputs);
    if (inputs.length === 0 || type === "bool") throw refuse(node, "expected constants that are numbers");
    const f = make(node, type);
    return inputs.reduce((left, right) => {
      const shape = broadcastShape(node, [left.shape, right.shape]);
      const [a, b] = [broadcastTo(left, shape), broadcastTo(right, shape)];
      return keptAll(
        node,
        shape,
        a.map((value, i) => f(value, b[i])),
        type,
      );
    });
  };
}

const simple = (f: (a: number, b: number) => number): Fold => arithmetic(() => f);

/** The larger or smaller of two numbers; of an open batch's size neither is known. */
function extreme(f: (...values: number[]) => number): Fold {
  return arithmetic((node, type) => (a, b) => {
    if (!isFloat(type) && Number.isNaN(a + b)) throw dependsOnBatch(node);
    return f(a, b);
  });
}

const dependsOnBatch = (node: NodeProto) =>
  refuse(node, "expected constants, got what depends on how many images there are");

/** A comparison; all that is known of an open batch is that its size is at least 1. */
const equality: Fold = (node, inputs) => {
  const [left, right] = [inputAt(node, inputs, 0), inputAt(node, inputs, 1)];
  const isOpen = !isFloat(sharedType(node, [left, right]));
  const shape = broadcastShape(node, [left.shape, right.shape]);
  const [a, b] = [broadcastTo(left, shape), broadcastTo(right, shape)];
  const data = a.map((value, i) => {
    const other = b[i];
    if (isOpen && Number.isNaN(value + other) && !(value < 1 || other < 1)) throw dependsOnBatch(node);
    return value === other ? 1 : 0;
  });
  return { shape, data, type: "bool" };
};

const where: Fold = (node, inputs) => {
  const [condition, yes, no] = [0, 1, 2].map((index) => inputAt(node, inputs, index));
  const type = sharedType(node, [yes, no]);
  const shape = broadcastShape(node, [condition.shape, yes.shape, no.shape]);
  const [c, y, n] = [condition, yes, no].map((input) => broadcastTo(input, shape));
  return { shape, data: c.map((value, i) => (value !== 0 ? y[i] : n[i])), type };
};

/** A function of floats, element by element; of whole numbers too, where it gives whole ones. */
function unary(f: (x: number) => number, isForIntegers = false): Fold {
  return (node, inputs) => {
    const input = inputAt(node, inputs, 0);
    if (input.type === "bool" || (!isForIntegers && !isFloat(input.type))) {
      throw refuse(node, `expected a constant of floats, got ${input.type}`);
    }
    return keptAll(node, input.shape, input.data.map(f), input.type);
  };
}

function cast(node: NodeProto, input: Constant, type: NumberType): Constant {
  const what = describeNode(node);
  if (!isFloat(input.type) && type === "bool" && input.data.some(Number.isNaN)) throw dependsOnBatch(node);
  return { ...input, data: input.data.map((value) => castTo(value, input.type, type, what)), type };
}

/** Truncates as ONNX does. */
const castToAttribute: Fold = (node, inputs) => {
  const to = intOf(node, "to", 0);
  const type = numberTypeOf(to);
  if (type) return cast(node, inputAt(node, inputs, 0), type);
  throw refuse(node, `expected a cast to a type of numbers, got ${typeName(to)}`);
};

const castLike: Fold = (node, inputs) => cast(node, inputAt(node, inputs, 0), inputAt(node, inputs, 1).type);

/** Weights of 8 bits and the like, with a scale for all of them or for each slice along an axis. */
const dequantized: Fold = (node, inputs) => {
  const [x, scale, zeroPoint] = [inputAt(node, inputs, 0), inputAt(node, inputs, 1), inputs[2]];
  const outputType = intOf(node, "output_dtype", 0);
  if (intOf(node, "block_size", 0) !== 0 || (outputType !== 0 && numberTypeOf(outputType) !== scale.type)) {
    throw refuse(node, "expected a scale for the whole constant, or for each slice along one axis");
  }
  if (zeroPoint && zeroPoint.type !== x.type) {
    throw refuse(node, `expected a zero point of type ${x.type}, got ${zeroPoint.type}`);
  }
  const isWhole = scale.shape.length === 0;
  const axis = isWhole ? 0 : axisOf(node, intOf(node, "axis", 1), x.shape.length);
  const slices = isWhole ? 1 : x.shape[axis];
  const isFitting = ({ data, shape }: Constant) =>
    data.length === slices && (isWhole ? shape.length === 0 : shape.length === 1);
  if (isFloat(x.type) || !isFitting(scale) || (zeroPoint && !isFitting(zeroPoint))) {
    throw refuse(
      node,
      `expected integers with ${slices} scales and zero points, got ${scale.data.length} scales` +
        (zeroPoint ? ` and ${zeroPoint.data.length} zero points` : ""),
    );
  }
  const inner = isWhole ? x.data.length : sizeOf(x.shape.slice(axis + 1));
  const sliceOf = (i: number) => Math.floor(i / inner) % slices;
  const data = x.data.map(
    (value, i) => (value - (zeroPoint?.data[sliceOf(i)] ?? 0)) * scale.data[sliceOf(i)],
  );
  return keptAll(node, x.shape, data, scale.type);
};

/** A power of floats; the type is the base's. */
const power: Fold = (node, inputs) => {
  const [base, exponent] = [inputAt(node, inputs, 0), inputAt(node, inputs, 1)];
  if (!isFloat(base.type)) throw refuse(node, `expected a power of floats, got ${base.type}`);
  const shape = broadcastShape(node, [base.shape, exponent.shape]);
  const exponents = broadcastTo(exponent, shape);
  return keptAll(
    node,
    shape,
    broadcastTo(base, shape).map((value, i) => value ** exponents[i]),
    base.type,
  );
};

/** Numbers from a first up to a limit, which is left out. */
const range: Fold = (node, inputs) => {
  const [start, limit, delta] = [0, 1, 2].map((index) => inputAt(node, inputs, index));
  const type = sharedType(node, [start, limit, delta]);
  const [first, end, step] = [start, limit, delta].map(({ data }) => data[0]);
  const count = Math.max(0, Math.ceil((end - first) / step));
  const shape = broadcastShape(node, [[count]]);
  const data = Float64Array.from({ length: count }, (_, i) => first + i * step);
  return keptAll(node, shape, data, type);
};

/** Folds that compute new numbers, with the attributes that they understand. */
export const arithmeticFolds: readonly FoldEntry[] = [
  ["Cast", 1, "to saturate", castToAttribute],
  ["CastLike", 2, "saturate", castLike],
  ["DequantizeLinear", 3, "axis block_size output_dtype", dequantized],
  ["Add", 2, "", simple((a, b) => a + b)],
  ["Sub", 2, "", simple((a, b) => a - b)],
  ["Mul", 2, "", simple((a, b) => a * b)],
  ["Div", 2, "", arithmetic(quotient)],
  ["Sum", Infinity, "", simple((a, b) => a + b)],
  ["Max", Infinity, "", extreme(Math.max)],
  ["Min", Infinity, "", extreme(Math.min)],
  ["Pow", 2, "", power],
  ["Neg", 1, "", unary((x) => -x, true)],
  ["Abs", 1, "", unary(Math.abs, true)],
  ["Sqrt", 1, "", unary(Math.sqrt)],
  ["Reciprocal", 1, "", unary((x) => 1 / x)],
  ["Floor", 1, "", unary(Math.floor)],
  ["Ceil", 1, "", unary(Math.ceil)],
  ["Equal", 2, "", equality],
  ["Where", 3, "", where],
  ["Range", 3, "", range],
];
