import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { NetworkLayer } from "../../model/model.js";
import type { Constant } from "./constants.js";
import type { Chain, ImageValue } from "./chain.js";
import { describeNode } from "./describe-node.js";
import type { OnnxGraph } from "./graph.js";

/** What an operator knows about the node that it reads. */
export interface Context {
  readonly graph: OnnxGraph;
  readonly chain: Chain;
  readonly node: NodeProto;
  /** The node behind it in the file. */
  readonly next?: NodeProto;
  /** The node's inputs; one that is left out is undefined. */
  readonly inputs: readonly (ImageValue | Constant | undefined)[];
}

/** Reads a node that depends on the image; undefined if what it does can neither be encrypted nor run. */
export type Operator = (context: Context) => ImageValue | undefined;

/** An operator with what it understands: so many inputs, and the attributes that are named in one text. */
export type OperatorEntry = readonly [op: string, inputs: number, attributes: string, Operator];

export const isImageValue = (value: ImageValue | Constant | undefined): value is ImageValue =>
  value !== undefined && "base" in value;

/** The node's first input. @throws InputError if it is a constant */
export function imageOf({ node, inputs: [value] }: Context): ImageValue {
  if (isImageValue(value)) return value;
  throw new InputError(
    `${describeNode(node)}: expected its input 0 to come from the image, got a constant; the image must be its first ` +
      `input, whose first axis is the batch`,
  );
}

/** The node's first input, what it is made of turned into layers. */
export const settledImage = (context: Context): ImageValue =>
  context.chain.settle(imageOf(context), describeNode(context.node));

/** Appends a layer that keeps the shape of its input. */
export function appendSameShape(
  context: Context,
  prefix: string,
  make: (name: string) => NetworkLayer,
): ImageValue {
  const { layout } = settledImage(context);
  return { ...context.chain.append(prefix, [context.node], make), layout };
}

/** The constant at `index`, or undefined where the node takes none. @throws InputError if it is computed. */
export function optionalConstant({ node, inputs }: Context, index: number): Constant | undefined {
  const value = inputs[index];
  if (!isImageValue(value)) return value;
  throw new InputError(
    `${describeNode(node)}: expected its input ${index} to be a constant, got the computed value ` +
      `${JSON.stringify(node.input[index])}`,
  );
}

/** The constant at `index`. @throws InputError if there is none */
export function constantAt(context: Context, index: number): Constant {
  const constant = optionalConstant(context, index);
  if (constant) return constant;
  throw new InputError(`${describeNode(context.node)}: expected a constant as input ${index}, got none`);
}
