import { InputError } from "../../errors.js";
import { identityLayer } from "../../model/identity.js";
import { activationOperators } from "./activations.js";
import { intOf } from "./attributes.js";
import { appendSameShape, imageOf, optionalConstant, type Operator, type OperatorEntry } from "./context.js";
import { describeNode } from "./describe-node.js";
import { elementWiseOperators } from "./element-wise.js";
import { isFloat, numberTypeOf, typeName } from "./element-types.js";
import { poolingOperators } from "./pooling.js";
import { reshapingOperators } from "./reshaping.js";
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

/** From one type of floats to another nothing changes but the rounding. */
const cast: Operator = (context) => {
  const { node } = context;
  const to = intOf(node, "to", 0);
  const type = numberTypeOf(to);
  if (type && isFloat(type)) return imageOf(context);
  throw new InputError(
    `${describeNode(node)}: casts values to ${typeName(to)}, which cannot be done on encrypted ones; ` +
      `leave it out, and export the model in float32`,
  );
};

const castLike: Operator = (context) => {
  const { node, inputs } = context;
  const like = inputs[1];
  if (like && (!("type" in like) || isFloat(like.type))) return imageOf(context);
  throw new InputError(
    `${describeNode(node)}: casts values to integers, which cannot be done on encrypted ones; leave it out`,
  );
};

const entries: readonly OperatorEntry[] = [
  ...weightedOperators,
  ...activationOperators,
  ...elementWiseOperators,
  ...poolingOperators,
  ...reshapingOperators,
  ["Identity", 1, "", identity],
  ["Dropout", 3, "ratio seed", dropout],
  ["Cast", 1, "to saturate round_mode", cast],
  ["CastLike", 2, "saturate round_mode", castLike],
];

/** Operators whose layers can be encrypted, or run on plain values, with what they understand. */
export const operators = new Map(
  entries.map(([op, inputs, attributes, read]) => [op, { inputs, attributes, read }]),
);
