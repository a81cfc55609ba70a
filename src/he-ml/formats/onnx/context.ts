import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { NetworkLayer } from "../../model/model.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Chain, ImageValue } from "./chain.js";
import { describeNode, type OnnxGraph } from "./graph.js";
import { isOwnOrder } from "../layout.js";

/** What an operator knows about the node that it reads. */
export interface Context {
  readonly graph: OnnxGraph;
  readonly chain: Chain;
  readonly node: NodeProto;
  /** The node behind it in the file. */
  readonly next?: NodeProto;
  /** The node's inputs; one that is left out is undefined. */
  readonly inputs: readonly (ImageValue | Tensor | undefined)[];
}

/** Reads a node that depends on the image; undefined if what it does can neither be encrypted nor run. */
export type Operator = (context: Context) => ImageValue | undefined;

export const isImageValue = (value: ImageValue | Tensor | undefined): value is ImageValue =>
  value !== undefined && "base" in value;

/** The node's first input. @throws InputError if it is a constant */
export function imageOf({ node, inputs: [value] }: Context): ImageValue {
  if (isImageValue(value)) return value;
  throw new InputError(`${describeNode(node)}: expected its input 0 to come from the image, got a constant`);
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

/** As `settledImage`, for operators to which the axes are channels, height and width. */
export function settledInOrder(context: Context): ImageValue {
  const value = settledImage(context);
  if (isOwnOrder(value.layout)) return value;
  throw new InputError(
    `${describeNode(context.node)}: expected images with the channels first, got them with the channels last; ` +
      `export the model again`,
  );
}

/** The constant at `index`, or undefined where the node takes none. @throws InputError if it is computed. */
export function optionalConstant({ node, inputs }: Context, index: number): Tensor | undefined {
  const value = inputs[index];
  if (!isImageValue(value)) return value;
  throw new InputError(
    `${describeNode(node)}: expected its input ${index} to be a constant, got the computed value ` +
      `${JSON.stringify(node.input[index])}`,
  );
}

/** The constant at `index`. @throws InputError if there is none */
export function constantAt(context: Context, index: number): Tensor {
  const constant = optionalConstant(context, index);
  if (constant) return constant;
  throw new InputError(`${describeNode(context.node)}: expected a constant as input ${index}, got none`);
}
