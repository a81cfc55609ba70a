import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { intOf, requireUnderstood } from "./attributes.js";
import { describeNode } from "./describe-node.js";
import { softmaxNote } from "../softmax.js";
import { isStandard } from "./unsupported.js";

/** A graph without what turns its logits into probabilities at the end. */
export interface Shortened {
  readonly nodes: readonly NodeProto[];
  readonly output: string;
  /** What was left out, from the end backwards. */
  readonly leftOut: readonly NodeProto[];
}

const isA = (node: NodeProto | undefined, ...ops: string[]): node is NodeProto =>
  node !== undefined && isStandard(node) && ops.includes(node.opType);

/** Leaves out a softmax at the very end, with a logarithm behind it, if nothing else reads it. */
export function withoutSoftmax(nodes: readonly NodeProto[], output: string): Shortened {
  const before = (name: string) => {
    const maker = nodes.find((node) => node.output.includes(name));
    const isReadElsewhere =
      nodes.filter(({ input }) => input.includes(name)).length > (name === output ? 0 : 1);
    return isReadElsewhere ? undefined : maker;
  };
  const last = before(output);
  const logarithm = isA(last, "Log") ? last : undefined;
  const softmax = logarithm ? before(logarithm.input[0] ?? "") : last;
  const isSoftmax = isA(softmax, "Softmax") || (!logarithm && isA(softmax, "LogSoftmax"));
  const leftOut = isSoftmax ? [logarithm, softmax].filter((node) => node !== undefined) : [];
  const rest = nodes.filter((node) => !leftOut.includes(node));
  if (!isSoftmax || rest.length === 0) return { nodes, output, leftOut: [] };
  return { nodes: rest, output: softmax.input[0] ?? "", leftOut };
}

/**
 * What is said of the nodes that were left out.
 *
 * @param rank of what they took, with the batch
 * @throws InputError if they made one distribution of the images of a batch
 */
export function endingNotes(leftOut: readonly NodeProto[], rank: number): string[] {
  return leftOut.map((node) => {
    requireUnderstood(node, 1, "axis");
    const axis = intOf(node, "axis", -1);
    if (node.opType !== "Log" && (axis === 0 || axis === -rank)) {
      throw new InputError(
        `${describeNode(node)}: expected an axis behind the batch, got ${axis}; each image must be treated by itself`,
      );
    }
    return softmaxNote(describeNode(node));
  });
}
