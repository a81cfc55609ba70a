import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { sizeOf, tensor, zeros, type Shape, type Tensor } from "../../tensor/tensor.js";
import { transpose } from "../../tensor/transpose.js";
import { intOf, intsOf } from "./attributes.js";
import { constantTensor } from "./constants.js";
import { describeNode } from "./graph.js";

/** Constants of a node, in the order of its inputs; an input that is left out is undefined. */
type Inputs = readonly (Tensor | undefined)[];
type Fold = (node: NodeProto, inputs: Inputs) => Tensor;

function inputAt(node: NodeProto, inputs: Inputs, index: number): Tensor {
  const input = inputs[index];
  if (input) return input;
  throw new InputError(`${describeNode(node)}: expected a constant as input ${index}, got none`);
}

/** Numbers that newer opsets take as an input, and older ones as an attribute. */
export function numbersOf(node: NodeProto, inputs: Inputs, index: number, attribute: string) {
  const input = inputs[index];
  return input ? [...input.data] : intsOf(node, attribute);
}

function axisOf(node: NodeProto, axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(counted) && counted >= 0 && counted < rank) return counted;
  throw new InputError(`${describeNode(node)}: expected an axis of ${rank}, got ${axis}`);
}

/** Beyond this a constant is a sign of a damaged file. */
const mostAxes = 8;
/** What one file may have us compute. */
export const mostComputedValues = 2 ** 23;

function requireModestShape(node: NodeProto, shape: Shape): void {
  const isShape = shape.every((size) => Number.isInteger(size) && size >= 0);
  if (isShape && shape.length <= mostAxes && sizeOf(shape) <= mostComputedValues) return;
  throw new InputError(
    `${describeNode(node)}: expected a constant of at most ${mostAxes} axes and ${mostComputedValues} values, ` +
      `got ${shape.length} axes and ${sizeOf(shape)} values; the file is damaged, export it again`,
  );
}

/** Picks values: the one at `index` of the result is the one at `source(index)`. */
function pick(node: NodeProto, { data }: Tensor, shape: Shape, source: (index: number) => number): Tensor {
  requireModestShape(node, shape);
  return tensor(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, (_, index) => data[source(index)]),
  );
}

function transposed(node: NodeProto, inputs: Inputs): Tensor {
  const input = inputAt(node, inputs, 0);
  const rank = input.shape.length;
  const order = intsOf(node, "perm") ?? input.shape.map((_, i) => rank - 1 - i);
  if (order.length !== rank || new Set(order).size !== rank || !order.every((a) => a >= 0 && a < rank)) {
    throw new InputError(
      `${describeNode(node)}: expected a permutation of ${rank} axes, got [${order.join(", ")}]`,
    );
  }
  return transpose(input, order);
}

function gather(node: NodeProto, inputs: Inputs): Tensor {
  const input = inputAt(node, inputs, 0);
  const indices = inputAt(node, inputs, 1);
  const axis = axisOf(node, intOf(node, "axis", 0), input.shape.length);
  const size = input.shape[axis];
  const inner = sizeOf(input.shape.slice(axis + 1));
  const places = indices.data.map((index) => (index < 0 ? index + size : index));
  if (!places.every((place) => Number.isInteger(place) && place >= 0 && place < size)) {
    throw new InputError(
      `${describeNode(node)}: expected indices below ${size}, got [${indices.data.join(", ")}]`,
    );
  }
  const shape = [...input.shape.slice(0, axis), ...indices.shape, ...input.shape.slice(axis + 1)];
  return pick(node, input, shape, (index) => {
    const outer = Math.floor(index / (inner * places.length));
    return (outer * size + places[Math.floor(index / inner) % places.length]) * inner + (index % inner);
  });
}

/** A slice along one axis. */
function slice(node: NodeProto, inputs: Inputs): Tensor {
  const input = inputAt(node, inputs, 0);
  const starts = numbersOf(node, inputs, 1, "starts") ?? [];
  const ends = numbersOf(node, inputs, 2, "ends") ?? [];
  const [given = 0] = numbersOf(node, inputs, 3, "axes") ?? [];
  const [step] = inputs[4]?.data ?? [1];
  if (starts.length !== 1 || ends.length !== 1 || !(step !== 0)) {
    throw new InputError(`${describeNode(node)}: expected to slice a constant along one axis`);
  }
  const axis = axisOf(node, given, input.shape.length);
  const size = input.shape[axis];
  const [lowest, highest] = step > 0 ? [0, size] : [-1, size - 1];
  const bound = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, lowest), highest);
  const count = Math.max(0, Math.ceil((bound(ends[0]) - bound(starts[0])) / step));
  const inner = sizeOf(input.shape.slice(axis + 1));
  return pick(node, input, input.shape.with(axis, count), (index) => {
    const along = bound(starts[0]) + (Math.floor(index / inner) % count) * step;
    return (Math.floor(index / (inner * count)) * size + along) * inner + (index % inner);
  });
}

/** Exporters fill paddings with zeros. */
function constantOfShape(node: NodeProto, inputs: Inputs): Tensor {
  const shape = [...inputAt(node, inputs, 0).data];
  requireModestShape(node, shape);
  const result = zeros(shape);
  const value = node.attribute.find(({ name }) => name === "value")?.t;
  return value
    ? { shape, data: result.data.fill(constantTensor(value, describeNode(node)).data[0]) }
    : result;
}

function concat(node: NodeProto, inputs: Inputs): Tensor {
  const parts = inputs.map((_, index) => inputAt(node, inputs, index));
  if (parts.some(({ shape }) => shape.length !== 1)) {
    throw new InputError(`${describeNode(node)}: expected constants with one axis`);
  }
  const length = parts.reduce((sum, { data }) => sum + data.length, 0);
  requireModestShape(node, [length]);
  const result = zeros([length]);
  let offset = 0;
  for (const { data } of parts) {
    result.data.set(data, offset);
    offset += data.length;
  }
  return result;
}

/** The same values under another shape, which `shapeOf` makes of the old one. */
function reshaped(shapeOf: (node: NodeProto, inputs: Inputs, shape: Shape) => number[]): Fold {
  return (node, inputs) => {
    const { shape, data } = inputAt(node, inputs, 0);
    return tensor(shapeOf(node, inputs, shape), data);
  };
}

function unsqueezed(node: NodeProto, inputs: Inputs, shape: Shape): number[] {
  const axes = numbersOf(node, inputs, 1, "axes") ?? [];
  const rank = shape.length + axes.length;
  requireModestShape(
    node,
    Array.from({ length: rank }, () => 1),
  );
  const added = new Set(axes.map((axis) => axisOf(node, axis, rank)));
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift()!));
}

function squeezed(node: NodeProto, inputs: Inputs, shape: Shape): number[] {
  const axes = numbersOf(node, inputs, 1, "axes")?.map((axis) => axisOf(node, axis, shape.length));
  return shape.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1));
}

function newShape(node: NodeProto, inputs: Inputs, shape: Shape): number[] {
  const target = [...inputAt(node, inputs, 1).data].map((size, i) => (size === 0 ? (shape[i] ?? 0) : size));
  const known = sizeOf(target.filter((size) => size !== -1));
  return target.map((size) => (size === -1 ? sizeOf(shape) / known : size));
}

function arithmetic(f: (a: number, b: number) => number): Fold {
  return (node, inputs) => {
    const [a, b] = [inputAt(node, inputs, 0), inputAt(node, inputs, 1)];
    const isScalar = ({ data }: Tensor) => data.length === 1;
    if (!isScalar(a) && !isScalar(b) && a.shape.join() !== b.shape.join()) {
      throw new InputError(`${describeNode(node)}: expected constants of one shape, or a number`);
    }
    const shape = isScalar(a) && b.shape.length >= a.shape.length ? b.shape : a.shape;
    const result = zeros(shape);
    const at = ({ data }: Tensor, i: number) => data[data.length === 1 ? 0 : i];
    return { shape, data: result.data.map((_, i) => f(at(a, i), at(b, i))) };
  };
}

/** Sums and products of shapes, and what exporters leave to be computed of weights. */
const folds: ReadonlyMap<string, Fold> = new Map<string, Fold>([
  ["Identity", (node, inputs) => inputAt(node, inputs, 0)],
  ["Cast", (node, inputs) => inputAt(node, inputs, 0)],
  ["ConstantOfShape", constantOfShape],
  ["Transpose", transposed],
  ["Gather", gather],
  ["Slice", slice],
  ["Concat", concat],
  ["Unsqueeze", reshaped(unsqueezed)],
  ["Squeeze", reshaped(squeezed)],
  ["Reshape", reshaped(newShape)],
  ["Add", arithmetic((a, b) => a + b)],
  ["Sub", arithmetic((a, b) => a - b)],
  ["Mul", arithmetic((a, b) => a * b)],
  ["Div", arithmetic((a, b) => a / b)],
]);

/**
 * What a node computes from constants alone.
 *
 * @throws InputError if it is not among the few operators that exporters leave in a file.
 */
export function foldConstants(node: NodeProto, inputs: Inputs): Tensor {
  const fold = folds.get(node.opType);
  if (fold) return fold(node, inputs);
  throw new InputError(
    `${describeNode(node)}: it computes from constants alone, which is supported for ` +
      `${[...folds.keys()].join(", ")}; export the model with constant folding`,
  );
}
