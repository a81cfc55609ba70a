import {
  AttributeProto_AttributeType as AttributeType,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
} from "onnx-buf";
import { InputError } from "../../errors.js";
import { describeNode } from "./describe-node.js";

/** Beyond this a size is a sign of a damaged file. */
const largestSize = 2 ** 31;

function find(node: NodeProto, name: string, type: AttributeType): AttributeProto | undefined {
  const attribute = node.attribute.find((candidate) => candidate.name === name);
  if (attribute && attribute.type !== type) {
    throw new InputError(
      `${describeNode(node)}: expected ${name} to be of type ${AttributeType[type]}, ` +
        `got ${AttributeType[attribute.type]}; export the model again`,
    );
  }
  return attribute;
}

/**
 * @param inputs how many are understood
 * @param known the attributes that are, in one text
 * @throws InputError if the node has others
 */
export function requireUnderstood(node: NodeProto, inputs: number, known: string): void {
  const further = node.input.findIndex((name, index) => index >= inputs && name !== "");
  if (further >= 0) {
    throw new InputError(
      `${describeNode(node)}: its input ${further} is not understood, expected at most ${inputs}; ` +
        `export the model with opset 13`,
    );
  }
  const names = known.split(" ");
  const unknown = node.attribute.find(({ name }) => !names.includes(name));
  if (unknown) {
    throw new InputError(
      `${describeNode(node)}: its attribute ${JSON.stringify(unknown.name)} is not understood; ` +
        `export the model without it, with opset 13`,
    );
  }
}

/** A size from the file. @throws InputError if it is too large to be one. */
export function toSize(value: bigint | number, what: string): number {
  const size = Number(value);
  if (!(Math.abs(size) < largestSize)) {
    throw new InputError(
      `${what}: expected sizes below 2^31, got ${value}; the file is damaged, export it again`,
    );
  }
  return size;
}

/** A whole number, or `fallback` where the node does not give it. */
export function intOf(node: NodeProto, name: string, fallback: number): number {
  const attribute = find(node, name, AttributeType.INT);
  return attribute ? toSize(attribute.i, `${describeNode(node)} ${name}`) : fallback;
}

/** Whole numbers, or undefined where the node does not give them. */
export function intsOf(node: NodeProto, name: string): number[] | undefined {
  return find(node, name, AttributeType.INTS)?.ints.map((value) =>
    toSize(value, `${describeNode(node)} ${name}`),
  );
}

/** A float, or `fallback` where the node does not give it. */
export function floatOf(node: NodeProto, name: string, fallback: number): number {
  return find(node, name, AttributeType.FLOAT)?.f ?? fallback;
}

/** A tensor, or undefined where the node does not give it. */
export function tensorOf(node: NodeProto, name: string): TensorProto | undefined {
  return find(node, name, AttributeType.TENSOR)?.t;
}

/** Text, or `fallback` where the node does not give it. */
export function textOf(node: NodeProto, name: string, fallback: string): string {
  const attribute = find(node, name, AttributeType.STRING);
  return attribute ? new TextDecoder().decode(attribute.s) : fallback;
}
