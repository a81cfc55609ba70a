import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { formatShape, sizeOf, type Shape } from "../../tensor/tensor.js";
import { transpose } from "../../tensor/transpose.js";
import { intOf, intsOf, tensorOf } from "./attributes.js";
import { constantTensor, type Constant } from "./constants.js";
import {
  axisOf,
  broadcastShape,
  broadcastTo,
  inputAt,
  numbersOf,
  requireModestShape,
  type ConstantInputs,
  type Fold,
  type FoldEntry,
} from "./fold-inputs.js";
import { describeNode } from "./describe-node.js";

// What moves, repeats or leaves out values, and computes none.

/** Picks values: the one at `index` of the result is the one at `source(index)`. */
function pick(
  node: NodeProto,
  { data, type }: Constant,
  shape: Shape,
  source: (index: number) => number,
): Constant {
  requireModestShape(node, shape);
  return { shape, data: Float64Array.from({ length: sizeOf(shape) }, (_, i) => data[source(i)]), type };
}

const transposed: Fold = (node, inputs) => {
  const input = inputAt(node, inputs, 0);
  const rank = input.shape.length;
  const order = intsOf(node, "perm") ?? input.shape.map((_, i) => rank - 1 - i);
  if (order.length !== rank || new Set(order).size !== rank || !order.every((a) => a >= 0 && a < rank)) {
    throw new InputError(
      `${describeNode(node)}: expected a permutation of ${rank} axes, got [${order.join(", ")}]`,
    );
  }
  return { ...transpose(input, order), type: input.type };
};

const gather: Fold = (node, inputs) => {
  const input = inputAt(node, inputs, 0);
  const indices = inputAt(node, inputs, 1);
  const axis = axisOf(node, intOf(node, "axis", 0), input.shape.length);
  const size = input.shape[axis];
  const inner = sizeOf(input.shape.slice(axis + 1));
  const places = indices.data.map((index) => (index < 0 ? index + size : index));
  if (!places.every((place) => Number.isInteger(place) && place >= 0 && place < size)) {
    throw new InputError(
      `${describeNode(node)}: expected indices below ${size}, got [${indices.data.slice(0, 8).join(", ")}]`,
    );
  }
  const shape = [...input.shape.slice(0, axis), ...indices.shape, ...input.shape.slice(axis + 1)];
  return pick(node, input, shape, (index) => {
    const outer = Math.floor(index / (inner * places.length));
    return (outer * size + places[Math.floor(index / inner) % places.length]) * inner + (index % inner);
  });
};

/** The part of a constant along one axis: `count` slices, `step` apart, the first at `start`. */
function sliceAlong(node: NodeProto, input: Constant, axis: number, start: number, count: number, step = 1) {
  const size = input.shape[axis];
  const inner = sizeOf(input.shape.slice(axis + 1));
  return pick(node, input, input.shape.with(axis, count), (index) => {
    const along = start + (Math.floor(index / inner) % count) * step;
    return (Math.floor(index / (inner * count)) * size + along) * inner + (index % inner);
  });
}

const slice: Fold = (node, inputs) => {
  const starts = numbersOf(node, inputs, 1, "starts") ?? [];
  const ends = numbersOf(node, inputs, 2, "ends") ?? [];
  const axes = numbersOf(node, inputs, 3, "axes") ?? starts.map((_, i) => i);
  const steps = inputs[4] ? [...inputs[4].data] : starts.map(() => 1);
  const isOneEach = [ends, axes, steps].every(({ length }) => length === starts.length);
  if (starts.length === 0 || !isOneEach || steps.some((step) => !Number.isInteger(step) || step === 0)) {
    throw new InputError(
      `${describeNode(node)}: expected a start, an end and a step other than 0 for each axis, got ` +
        `starts [${starts.join(", ")}], ends [${ends.join(", ")}], steps [${steps.join(", ")}]`,
    );
  }
  return starts.reduce(
    (part, start, i) => {
      const axis = axisOf(node, axes[i], part.shape.length);
      const size = part.shape[axis];
      const forward = steps[i] > 0;
      const within = (at: number, lowest: number, highest: number) =>
        Math.min(Math.max(at < 0 ? at + size : at, lowest), highest);
      const first = within(start, 0, forward ? size : size - 1);
      const end = within(ends[i], forward ? 0 : -1, forward ? size : size - 1);
      const count = Math.max(0, Math.ceil((end - first) / steps[i]));
      return sliceAlong(node, part, axis, first, count, steps[i]);
    },
    inputAt(node, inputs, 0),
  );
};

/** The first part of a split. */
const split: Fold = (node, inputs) => {
  const input = inputAt(node, inputs, 0);
  const axis = axisOf(node, intOf(node, "axis", 0), input.shape.length);
  const size = input.shape[axis];
  const parts = intOf(node, "num_outputs", node.output.length);
  const first = numbersOf(node, inputs, 1, "split")?.[0] ?? Math.ceil(size / parts);
  if (!(first >= 0 && first <= size)) {
    throw new InputError(`${describeNode(node)}: expected parts of at most ${size}, got ${first}`);
  }
  return sliceAlong(node, input, axis, 0, first);
};

/** Exporters fill paddings with zeros. */
const constantOfShape: Fold = (node, inputs) => {
  const shape = [...inputAt(node, inputs, 0).data];
  requireModestShape(node, shape);
  const proto = tensorOf(node, "value");
  const value = proto && constantTensor(proto, describeNode(node));
  const data = new Float64Array(sizeOf(shape)).fill(value?.data[0] ?? 0);
  return { shape, data, type: value?.type ?? "f32" };
};

const concat: Fold = (node, inputs) => {
  const parts = inputs.map((_, index) => inputAt(node, inputs, index));
  const [{ shape, type }] = parts;
  const axis = axisOf(node, intOf(node, "axis", 0), shape.length);
  const others = (s: Shape) => s.toSpliced(axis, 1).join();
  if (parts.some((part) => others(part.shape) !== others(shape) || part.type !== type)) {
    throw new InputError(
      `${describeNode(node)}: expected constants of one type that differ along axis ${axis} only, got ` +
        parts.map((part) => `${part.type} ${formatShape(part.shape)}`).join(" and "),
    );
  }
  const joined = shape.with(
    axis,
    parts.reduce((sum, part) => sum + part.shape[axis], 0),
  );
  requireModestShape(node, joined);
  const data = new Float64Array(sizeOf(joined));
  const runs = parts.map((part) => sizeOf(part.shape.slice(axis)));
  let offset = 0;
  for (let outer = 0; offset < data.length; outer++) {
    parts.forEach((part, i) => {
      data.set(part.data.subarray(outer * runs[i], (outer + 1) * runs[i]), offset);
      offset += runs[i];
    });
  }
  return { shape: joined, data, type };
};

/** Values broadcast to a shape, or to what that and their own broadcast to. */
const expand: Fold = (node, inputs) => {
  const input = inputAt(node, inputs, 0);
  const shape = broadcastShape(node, [input.shape, [...inputAt(node, inputs, 1).data]]);
  return { shape, data: broadcastTo(input, shape), type: input.type };
};

const tile: Fold = (node, inputs) => {
  const repeats = inputAt(node, inputs, 1).data;
  return inputAt(node, inputs, 0).shape.reduce(
    (part, _, axis) => {
      const size = part.shape[axis];
      const inner = sizeOf(part.shape.slice(axis + 1));
      const count = size * repeats[axis];
      return pick(node, part, part.shape.with(axis, count), (index) => {
        const outer = Math.floor(index / (inner * count));
        return (outer * size + (Math.floor(index / inner) % size)) * inner + (index % inner);
      });
    },
    inputAt(node, inputs, 0),
  );
};

/** The same values under another shape, which `shapeOf` makes of the old one. */
function reshaped(
  shapeOf: (node: NodeProto, inputs: ConstantInputs, shape: Shape) => readonly number[],
): Fold {
  return (node, inputs) => {
    const { shape, data, type } = inputAt(node, inputs, 0);
    const result = shapeOf(node, inputs, shape);
    requireModestShape(node, result);
    if (sizeOf(result) === data.length) return { shape: result, data, type };
    throw new InputError(
      `${describeNode(node)}: expected a shape of ${data.length} values, got ${formatShape(result)}; ` +
        `the file is damaged, export it again`,
    );
  };
}

function unsqueezed(node: NodeProto, inputs: ConstantInputs, shape: Shape): number[] {
  return withOnes(node, numbersOf(node, inputs, 1, "axes") ?? [], shape);
}

/** A shape with new axes of size 1. @throws InputError unless the axes are among those of the result */
export function withOnes(node: NodeProto, axes: readonly number[], shape: Shape): number[] {
  const rank = shape.length + axes.length;
  requireModestShape(
    node,
    Array.from({ length: rank }, () => 1),
  );
  const added = new Set(axes.map((axis) => axisOf(node, axis, rank)));
  if (added.size !== axes.length) {
    throw new InputError(`${describeNode(node)}: expected different axes, got [${axes.join(", ")}]`);
  }
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : rest.shift()!));
}

function squeezed(node: NodeProto, inputs: ConstantInputs, shape: Shape): number[] {
  const axes = numbersOf(node, inputs, 1, "axes")?.map((axis) => axisOf(node, axis, shape.length));
  return shape.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1));
}

function newShape(node: NodeProto, inputs: ConstantInputs, shape: Shape): number[] {
  const keepsZeros = intOf(node, "allowzero", 0) === 0;
  const target = [...inputAt(node, inputs, 1).data].map((size, i) =>
    size === 0 && keepsZeros ? (shape[i] ?? 0) : size,
  );
  const known = sizeOf(target.filter((size) => size !== -1));
  return target.map((size) => (size === -1 ? sizeOf(shape) / known : size));
}

function flattened(node: NodeProto, _inputs: ConstantInputs, shape: Shape): number[] {
  const axis = intOf(node, "axis", 1);
  const counted = axis < 0 ? axis + shape.length : axis;
  return [sizeOf(shape.slice(0, counted)), sizeOf(shape.slice(counted))];
}

const shapeOf: Fold = (node, inputs) => {
  const { shape } = inputAt(node, inputs, 0);
  const picked = shape.slice(intOf(node, "start", 0), intOf(node, "end", shape.length));
  return { shape: [picked.length], data: Float64Array.from(picked), type: "i64" };
};

const size: Fold = (node, inputs) => ({
  shape: [],
  data: Float64Array.of(inputAt(node, inputs, 0).data.length),
  type: "i64",
});

/** Folds that compute no new numbers, with the attributes that they understand. */
export const shapeFolds: readonly FoldEntry[] = [
  ["Identity", 1, "", (node, inputs) => inputAt(node, inputs, 0)],
  ["ConstantOfShape", 1, "value", constantOfShape],
  ["Transpose", 1, "perm", transposed],
  ["Gather", 2, "axis", gather],
  ["Slice", 5, "starts ends axes", slice],
  ["Split", 2, "axis split num_outputs", split],
  ["Concat", Infinity, "axis", concat],
  ["Expand", 2, "", expand],
  ["Tile", 2, "", tile],
  ["Unsqueeze", 2, "axes", reshaped(unsqueezed)],
  ["Squeeze", 2, "axes", reshaped(squeezed)],
  ["Reshape", 2, "allowzero", reshaped(newShape)],
  ["Flatten", 1, "axis", reshaped(flattened)],
  ["Shape", 1, "start end", shapeOf],
  ["Size", 1, "", size],
];
