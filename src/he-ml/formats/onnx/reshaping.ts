import { InputError } from "../../errors.js";
import { flattenLayer } from "../../model/flatten.js";
import { formatShape, sizeOf, type Shape } from "../../tensor/tensor.js";
import { fileShape, keepsOrder, transposedLayout, type Layout } from "../layout.js";
import { intOf, intsOf } from "./attributes.js";
import type { ImageValue } from "./chain.js";
import {
  constantAt,
  imageOf,
  optionalConstant,
  settledImage,
  type Context,
  type Operator,
  type OperatorEntry,
} from "./context.js";
import { describeNode } from "./describe-node.js";
import { axisOf, numbersOf } from "./fold-inputs.js";
import { shapeFolds, withOnes } from "./fold-shapes.js";
import type { OnnxGraph } from "./graph.js";
import { appendSums, reshapedTo, selection } from "./linear-maps.js";

function flattened(context: Context): ImageValue {
  const { layout } = settledImage(context);
  const features = context.chain.append("flatten", [context.node], (name) => flattenLayer({ name }));
  return { ...features, layout: { ...layout, isFlat: true } };
}

/** @throws InputError, as the batch is not kept */
function changesBatch({ node }: Context, from: Shape, what: string): InputError {
  return new InputError(
    `${describeNode(node)}: changes the batch axis of [batch, ${from.join(", ")}], got ${what}; each image must be ` +
      `treated by itself: flatten with Flatten, and keep the first axis`,
  );
}

const flatten: Operator = (context) => {
  const { node } = context;
  const given = intOf(node, "axis", 1);
  const sizes = fileShape(imageOf(context).layout);
  const axis = given < 0 ? given + sizes.length + 1 : given;
  // What lies before the axis is flattened with the batch: only axes of size 1 may.
  if (axis >= 1 && sizes.slice(0, axis - 1).every((size) => size === 1)) {
    return reshaped(context, [sizeOf(sizes)]);
  }
  throw new InputError(`${describeNode(node)}: expected axis 1, which keeps the batch, got ${given}`);
};

/** The permutation of a transposition, without the batch. @throws InputError if it moves the batch */
function imageAxes(context: Context, rank: number): number[] {
  const { node } = context;
  const permutation = intsOf(node, "perm") ?? Array.from({ length: rank + 1 }, (_, i) => rank - i);
  const axes = permutation.slice(1).map((axis) => axis - 1);
  const isOne = axes.length === rank && new Set(axes).size === rank && axes.every((a) => a >= 0 && a < rank);
  if (permutation[0] === 0 && isOne) return axes;
  throw new InputError(
    `${describeNode(node)}: expected a permutation of the axes behind the batch, got [${permutation.join(", ")}]`,
  );
}

const transpose: Operator = (context) => {
  const value = imageOf(context);
  const axes = imageAxes(context, fileShape(value.layout).length);
  return value.layout.isFlat ? value : { ...value, layout: transposedLayout(value.layout, axes) };
};

/** The shape of one image that a shape with a batch axis asks for; undefined if it does not keep the batch. */
function imageShapeOf(target: readonly number[], from: Shape, keepsZeros: boolean, graph: OnnxGraph) {
  const [batch, ...rest] = target.map((size, axis) =>
    size === 0 && keepsZeros ? (from[axis - 1] ?? NaN) : size,
  );
  const known = sizeOf(rest.filter((size) => size !== -1));
  const shape = rest.map((size) => (size === -1 ? sizeOf(from) / known : size));
  const isWholeBatch =
    Number.isNaN(batch) || (batch === -1 && !rest.includes(-1)) || (batch > 0 && batch === graph.batchSize);
  const isShape = shape.length > 0 && shape.every((size) => Number.isInteger(size) && size > 0);
  return isWholeBatch && isShape && sizeOf(shape) === sizeOf(from) ? shape : undefined;
}

/** A permutation that only moves or drops axes of size 1, and turns one shape into the other, if there is one. */
function movedOnes(from: Shape, to: Shape): number[] | undefined {
  const places = (shape: Shape, isOne: boolean) =>
    shape.flatMap((size, axis) => ((size === 1) === isOne ? [axis] : []));
  const [ones, others] = [places(from, true), places(from, false)];
  const sizes = (shape: Shape) => shape.filter((size) => size !== 1).join();
  if (ones.length < to.filter((size) => size === 1).length || sizes(from) !== sizes(to)) return undefined;
  return to.map((size) => (size === 1 ? ones : others).shift()!);
}

/** The value under another shape of the file's: as the same values where axes of size 1 come and go, else as a layer. */
function reshaped(context: Context, to: Shape): ImageValue {
  const value = imageOf(context);
  const { layout } = value;
  const from = fileShape(layout);
  if (to.length === 1 && from.length > 1) return flattened(context);
  const axes = movedOnes(from, to);
  if (axes) return { ...value, layout: layout.isFlat ? layout : transposedLayout(layout, axes) };
  const settled = settledImage(context);
  if (keepsOrder(layout)) return reshapedTo(context, to);
  const turned = turnedImage(layout, to);
  if (turned) {
    const image = reshapedTo(context, turned.shape);
    return { ...image, layout: turned };
  }
  return appendSums(context, settled, to, (output) => ({ inputs: [output] }));
}

/** A flattened image with the channels last that becomes that image again: in our order it is one too. */
function turnedImage({ isFlat, shape, order }: Layout, to: Shape): Layout | undefined {
  const sizes = order.map((axis) => shape[axis]);
  return isFlat && sizes.join() === to.join() ? { shape, order, isFlat: false } : undefined;
}

const reshape: Operator = (context) => {
  const { graph, node } = context;
  const from = fileShape(imageOf(context).layout);
  const target = [...constantAt(context, 1).data];
  const to = imageShapeOf(target, from, intOf(node, "allowzero", 0) === 0, graph);
  if (to) return reshaped(context, to);
  const asked = target.map((size) => (Number.isNaN(size) ? "batch" : size)).join(", ");
  throw new InputError(
    `${describeNode(node)}: expected a shape that keeps the batch and its ${sizeOf(from)} values, such as [0, -1] or ` +
      `[-1, ${sizeOf(from)}], got [${asked}]; flatten with Flatten instead`,
  );
};

/** Drops axes of size 1, as behind a pooling of the whole image. */
const squeeze: Operator = (context) => {
  const { node, graph } = context;
  const value = imageOf(context);
  const { layout } = value;
  const from = fileShape(layout);
  const rank = from.length + 1;
  const given = numbersOf(node, [undefined, optionalConstant(context, 1)], 1, "axes");
  // Without axes all of size 1 are dropped: the batch too, where there is one image.
  const ones = [graph.batchSize ?? 2, ...from].flatMap((size, axis) => (size === 1 ? [axis] : []));
  const axes = given ? given.map((axis) => axisOf(node, axis, rank)) : ones;
  if (!given && graph.batchSize === undefined) {
    throw changesBatch(context, from, "no axes, which drops the batch where it is one image");
  }
  if (axes.includes(0)) throw changesBatch(context, from, `axes [${(given ?? axes).join(", ")}]`);
  const long = axes.find((axis) => from[axis - 1] !== 1);
  const to = from.filter((_, axis) => !axes.includes(axis + 1));
  if (long !== undefined || to.length === 0) {
    throw new InputError(
      `${describeNode(node)}: expected to drop axes of size 1, and to leave one behind the batch, ` +
        `got axes [${axes.join(", ")}] of ${formatShape(from)}; leave the others`,
    );
  }
  if (to.length === from.length) return value;
  return reshaped(context, to);
};

/** Adds axes of size 1 behind the batch. */
const unsqueeze: Operator = (context) => {
  const { node } = context;
  const from = fileShape(imageOf(context).layout);
  const axes = numbersOf(node, [undefined, optionalConstant(context, 1)], 1, "axes") ?? [];
  const rank = from.length + 1 + axes.length;
  const counted = axes.map((axis) => axisOf(node, axis, rank));
  if (counted.includes(0)) throw changesBatch(context, from, `axes [${axes.join(", ")}]`);
  const to = withOnes(
    node,
    counted.map((axis) => axis - 1),
    from,
  );
  return axes.length === 0 ? imageOf(context) : reshaped(context, to);
};

/** What reads each node that reshapes images, or moves their values. */
export const reshapingOperators: readonly OperatorEntry[] = [
  ["Flatten", 1, "axis", flatten],
  ["Reshape", 2, "allowzero", reshape],
  ["Squeeze", 2, "axes", squeeze],
  ["Unsqueeze", 2, "axes", unsqueeze],
  ["Transpose", 1, "perm", transpose],
  ...shapeFolds
    .filter(([op]) => ["Slice", "Gather", "Split", "Expand", "Tile"].includes(op))
    .map(([op, inputs, attributes, fold]): OperatorEntry => [op, inputs, attributes, selection(fold)]),
];
