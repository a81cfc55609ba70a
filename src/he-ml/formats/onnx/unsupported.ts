import type { NodeProto } from "onnx-buf";
import { definitionOf } from "../../model/layers.js";

const otherwise = "build the model from convolution, linear, square, average pool, flatten and zero padding";

/** What to do about operators that cannot even be run here, grouped by the advice. */
const advice: readonly (readonly [remedy: string, ops: string])[] = [
  [
    definitionOf({ kind: "activation" }).remedy,
    "PRelu ThresholdedRelu Clip Selu Celu Gelu Mish Swish HardSwish Softsign HardSigmoid Erf Exp Log Abs Sqrt " +
      "Where Greater Less",
  ],
  [definitionOf({ kind: "maxPool" }).remedy, "GlobalMaxPool LpPool GlobalLpPool ReduceMax"],
  ["leave it out, the client applies it after decryption", "Softmax LogSoftmax Hardmax ArgMax ArgMin TopK"],
  [
    "leave it out, it divides by statistics that the server cannot see",
    "LayerNormalization InstanceNormalization GroupNormalization RMSNormalization LRN LpNormalization",
  ],
  ["flatten with Flatten, in PyTorch torch.flatten(x, 1)", "Shape Gather Unsqueeze Concat"],
];

const remedies: ReadonlyMap<string, string> = new Map(
  advice.flatMap(([remedy, ops]) => ops.split(" ").map((op): [string, string] => [op, remedy])),
);

export const isStandard = ({ domain }: NodeProto): boolean => domain === "" || domain === "ai.onnx";

/** What messages say of an operator that is not supported. */
export function unsupportedOperator(node: NodeProto): { readonly op: string; readonly remedy: string } {
  const op = isStandard(node) ? node.opType : `${node.domain}.${node.opType}`;
  const remedy = (isStandard(node) && remedies.get(op)) || otherwise;
  return { op: op.replace(/\p{Cc}+/gu, " "), remedy };
}
