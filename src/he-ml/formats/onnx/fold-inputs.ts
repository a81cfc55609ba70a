import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { formatShape, sizeOf, type Shape, type Tensor } from "../../tensor/tensor.js";
import { intsOf } from "./attributes.js";
import type { Constant } from "./constants.js";
import { describeNode } from "./describe-node.js";

/** Constants of a node, in the order of its inputs; an input that is left out is undefined. */
export type ConstantInputs = readonly (Constant | undefined)[];

/** Computes a node of constants alone. @throws InputError if it does not compute exactly what ONNX says */
export type Fold = (node: NodeProto, inputs: ConstantInputs) => Constant;

/** A fold with what it understands: so many inputs, and the attributes that are named in one text. */
export type FoldEntry = readonly [op: string, inputs: number, attributes: string, Fold];

/** @throws InputError if there is no such input */
export function inputAt(node: NodeProto, inputs: ConstantInputs, index: number): Constant {
  const input = inputs[index];
  if (input) return input;
  throw new InputError(`${describeNode(node)}: expected a constant as input ${index}, got none`);
}

/** Numbers that newer opsets take as an input, and older ones as an attribute. */
export function numbersOf(
  node: NodeProto,
  inputs: readonly (Tensor | undefined)[],
  index: number,
  attribute: string,
): number[] | undefined {
  const input = inputs[index];
  return input ? [...input.data] : intsOf(node, attribute);
}

/** An axis, which may be counted from the end. @throws InputError if there is none such */
export function axisOf(node: NodeProto, axis: number, rank: number): number {
  const counted = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(counted) && counted >= 0 && counted < rank) return counted;
  throw new InputError(`${describeNode(node)}: expected an axis of ${rank}, got ${axis}`);
}

/** Beyond this a constant is a sign of a damaged file. */
const mostAxes = 8;
/** What one file may have us compute. */
export const mostComputedValues = 2 ** 23;

/** @throws InputError unless a constant of such a shape can be held */
export function requireModestShape(node: NodeProto, shape: Shape): void {
  const what = describeNode(node);
  if (!shape.every((size) => Number.isInteger(size) && size >= 0)) {
    throw new InputError(
      `${what}: expected a shape of whole sizes, got [${shape.map((size) => (Number.isNaN(size) ? "batch" : size)).join(", ")}]; ` +
        `a constant cannot depend on how many images there are, export the model with constant folding`,
    );
  }
  if (shape.length > mostAxes || sizeOf(shape) > mostComputedValues) {
    throw new InputError(
      `${what}: makes a constant of ${shape.length > mostAxes ? `${shape.length} axes` : formatShape(shape)}, expected at ` +
        `most ${mostAxes} axes and ${mostComputedValues} values; leave it out, a model of this size cannot be encrypted`,
    );
  }
}

/** The shape that ONNX broadcasts shapes to. @throws InputError if they do not fit together */
export function broadcastShape(node: NodeProto, shapes: readonly Shape[]): Shape {
  const rank = Math.max(...shapes.map(({ length }) => length));
  const result = Array.from({ length: rank }, (_, axis) => {
    const sizes = new Set(shapes.map((shape) => shape[axis - rank + shape.length] ?? 1));
    sizes.delete(1);
    if (sizes.size > 1) {
      throw new InputError(
        `${describeNode(node)}: expected shapes that broadcast, got ${shapes.map(formatShape).join(" and ")}; ` +
          `the file is damaged, export it again`,
      );
    }
    return [...sizes][0] ?? 1;
  });
  requireModestShape(node, result);
  return result;
}

/** The values of a constant under a shape that it broadcasts to, row-major. */
export function broadcastTo({ shape, data }: Tensor, target: Shape): Float64Array {
  if (shape.join() === target.join()) return data;
  const size = sizeOf(target);
  if (data.length === 1) return new Float64Array(size).fill(data[0]);
  const missing = target.length - shape.length;
  // The step along each of the target's axes in the source: none where the source has one value for all.
  const steps = target.map((_, axis) => {
    const own = axis - missing;
    return own < 0 || shape[own] === 1 ? 0 : sizeOf(shape.slice(own + 1));
  });
  const result = new Float64Array(size);
  const position = target.map(() => 0);
  let source = 0;
  for (let index = 0; index < size; index++) {
    result[index] = data[source];
    for (let axis = target.length - 1; axis >= 0; axis--) {
      source += steps[axis];
      if (++position[axis] < target[axis]) break;
      source -= position[axis] * steps[axis];
      position[axis] = 0;
    }
  }
  return result;
}
