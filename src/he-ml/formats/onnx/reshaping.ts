import { InputError } from "../../errors.js";
import { flattenLayer } from "../../model/flatten.js";
import { formatShape, sizeOf, type Shape } from "../../tensor/tensor.js";
import { intOf, intsOf } from "./attributes.js";
import type { ImageValue } from "./chain.js";
import { numbersOf } from "./constant-folding.js";
import {
  constantAt,
  imageOf,
  optionalConstant,
  settledImage,
  type Context,
  type Operator,
} from "./context.js";
import { describeNode, type OnnxGraph } from "./graph.js";
import { fileShape, transposedLayout, type Layout } from "../layout.js";

function flattened(context: Context): ImageValue {
  const { layout } = settledImage(context);
  const features = context.chain.append("flatten", [context.node], (name) => flattenLayer({ name }));
  return { ...features, layout: { ...layout, isFlat: true } };
}

export const flatten: Operator = (context) => {
  const { node } = context;
  const axis = intOf(node, "axis", 1);
  const rank = fileShape(imageOf(context).layout).length + 1;
  if ((axis < 0 ? axis + rank : axis) === 1) return flattened(context);
  throw new InputError(`${describeNode(node)}: expected axis 1, which keeps the batch, got ${axis}`);
};

/** The permutation of a transposition, without the batch. @throws InputError if it moves the batch */
function imageAxes(context: Context, rank: number): number[] {
  const { node } = context;
  const permutation = intsOf(node, "perm") ?? [];
  const axes = permutation.slice(1).map((axis) => axis - 1);
  const isOne = axes.length === rank && new Set(axes).size === rank && axes.every((a) => a >= 0 && a < rank);
  if (permutation[0] === 0 && isOne) return axes;
  throw new InputError(
    `${describeNode(node)}: expected a permutation of the axes behind the batch, got [${permutation.join(", ")}]`,
  );
}

export const transpose: Operator = (context) => {
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
  return isWholeBatch && sizeOf(shape) === sizeOf(from) ? shape : undefined;
}

/** A permutation that only moves axes of size 1, and turns one shape into the other, if there is one. */
function movedOnes(from: Shape, to: Shape): number[] | undefined {
  const places = (shape: Shape, isOne: boolean) =>
    shape.flatMap((size, axis) => ((size === 1) === isOne ? [axis] : []));
  const [ones, others] = [places(from, true), places(from, false)];
  const sizes = (shape: Shape) => shape.filter((size) => size !== 1).join();
  if (from.length !== to.length || sizes(from) !== sizes(to)) return undefined;
  return to.map((size) => (size === 1 ? ones : others).shift()!);
}

function reshaped(context: Context, layout: Layout, to: Shape): ImageValue | undefined {
  const from = fileShape(layout);
  if (to.length === 1 && from.length > 1) return flattened(context);
  const axes = movedOnes(from, to);
  if (!axes) return undefined;
  return { ...imageOf(context), layout: layout.isFlat ? layout : transposedLayout(layout, axes) };
}

export const reshape: Operator = (context) => {
  const { graph, node } = context;
  const { layout } = imageOf(context);
  const from = fileShape(layout);
  const target = [...constantAt(context, 1).data];
  const to = imageShapeOf(target, from, intOf(node, "allowzero", 0) === 0, graph);
  const result = to && reshaped(context, layout, to);
  if (result) return result;
  const asked = target.map((size) => (Number.isNaN(size) ? "batch" : size)).join(", ");
  throw new InputError(
    `${describeNode(node)}: expected a shape that flattens, such as [0, -1] or [-1, ${sizeOf(from)}], ` +
      `got [${asked}]; flatten with Flatten instead`,
  );
};

/** Drops axes of size 1, as behind a pooling of the whole image. */
export const squeeze: Operator = (context) => {
  const { node } = context;
  const { layout } = imageOf(context);
  const from = fileShape(layout);
  const axes = numbersOf(node, [undefined, optionalConstant(context, 1)], 1, "axes") ?? [];
  const dropped = new Set(axes.map((axis) => (axis < 0 ? axis + from.length : axis - 1)));
  const to = from.filter((_, axis) => !dropped.has(axis));
  const result = sizeOf(to) === sizeOf(from) && axes.length > 0 ? reshaped(context, layout, to) : undefined;
  if (result) return result;
  throw new InputError(
    `${describeNode(node)}: expected to drop height and width of a pooled image, ` +
      `got axes [${axes.join(", ")}] of ${formatShape(from)}`,
  );
};
