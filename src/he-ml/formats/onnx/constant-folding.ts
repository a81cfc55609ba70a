import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { requireUnderstood } from "./attributes.js";
import type { Constant } from "./constants.js";
import { arithmeticFolds } from "./fold-arithmetic.js";
import type { ConstantInputs } from "./fold-inputs.js";
import { shapeFolds } from "./fold-shapes.js";
import { describeNode } from "./describe-node.js";

/** Sums and products of shapes, and what exporters leave to be computed of weights. */
const folds = new Map(
  [...shapeFolds, ...arithmeticFolds].map(([op, inputs, attributes, fold]) => [
    op,
    { inputs, attributes, fold },
  ]),
);

/**
 * What a node computes from constants alone: exactly what ONNX says for their types.
 *
 * @throws InputError if it is not among the operators that exporters leave in a file, has an attribute that is not
 *   understood, or what it computes would depend on how many images there are
 */
export function foldConstants(node: NodeProto, inputs: ConstantInputs): Constant {
  const found = folds.get(node.opType);
  if (found) {
    requireUnderstood(node, found.inputs, found.attributes);
    return found.fold(node, inputs);
  }
  throw new InputError(
    `${describeNode(node)}: it computes from constants alone, which is supported for ` +
      `${[...folds.keys()].join(", ")}; export the model with constant folding`,
  );
}
