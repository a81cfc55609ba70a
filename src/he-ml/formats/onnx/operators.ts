import { InputError } from "../../errors.js";
import { identityLayer } from "../../model/identity.js";
import { activationOperators } from "./activations.js";
import { appendSameShape, imageOf, optionalConstant, type Operator } from "./context.js";
import * as elementWise from "./element-wise.js";
import { describeNode } from "./graph.js";
import * as pooling from "./pooling.js";
import * as reshaping from "./reshaping.js";
import { weightedOperators } from "./weighted-layers.js";

/** A named node that changes nothing keeps its place among the layers, unless it lies within an activation. */
const identity: Operator = (context) => {
  const value = imageOf(context);
  if (context.node.name === "" || context.chain.isShared(value)) return value;
  return appendSameShape(context, "identity", (name) => identityLayer({ name }));
};

const dropout: Operator = (context) => {
  const trainingMode = optionalConstant(context, 2);
  if (trainingMode && trainingMode.data[0] !== 0) {
    throw new InputError(
      `${describeNode(context.node)}: it drops values at random; export the model for inference`,
    );
  }
  return identity(context);
};

/** Operators whose layers can be encrypted, or run on plain values. */
export const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ...weightedOperators,
  ...activationOperators,
  ["Add", elementWise.addition],
  ["Sub", elementWise.subtraction],
  ["Mul", elementWise.multiplication],
  ["Div", elementWise.division],
  ["Neg", elementWise.negation],
  ["Pow", elementWise.power],
  ["BatchNormalization", elementWise.batchNormalization],
  ["AveragePool", pooling.averagePool],
  ["GlobalAveragePool", pooling.globalAveragePool],
  ["ReduceMean", pooling.mean],
  ["MaxPool", pooling.maxPool],
  ["Pad", pooling.pad],
  ["Flatten", reshaping.flatten],
  ["Reshape", reshaping.reshape],
  ["Squeeze", reshaping.squeeze],
  ["Transpose", reshaping.transpose],
  ["Identity", identity],
  ["Dropout", dropout],
  ["Cast", imageOf],
]);
