import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import { definitionOf } from "../../model/layers.js";
import { describeNode } from "./describe-node.js";

const otherwise = "build the model from convolution, linear, square, average pool, flatten and zero padding";

/** What to do about operators that cannot even be run here, grouped by the advice. */
const advice: readonly (readonly [remedy: string, ops: string])[] = [
  [
    definitionOf({ kind: "activation" }).remedy,
    "PRelu ThresholdedRelu Clip Selu Celu Gelu Mish Swish HardSwish Softsign HardSigmoid Erf Exp Log Abs Sqrt Reciprocal Max Min " +
      "Where Greater Less",
  ],
  [definitionOf({ kind: "maxPool" }).remedy, "GlobalMaxPool LpPool GlobalLpPool ReduceMax"],
  ["leave it out, the client applies it after decryption", "Softmax LogSoftmax Hardmax ArgMax ArgMin TopK"],
  [
    "leave it out, it divides by statistics that the server cannot see",
    "LayerNormalization InstanceNormalization GroupNormalization RMSNormalization LRN LpNormalization",
  ],
  [
    "export the network in float32, without quantization: rounding cannot be computed on encrypted values",
    "QuantizeLinear DequantizeLinear DynamicQuantizeLinear QLinearConv QLinearMatMul MatMulInteger ConvInteger Round Floor " +
      "Ceil Sign",
  ],
  ["leave it out: only one chain of layers is supported, without branches", "Concat If Loop Scan"],
  ["flatten with Flatten, in PyTorch torch.flatten(x, 1)", "Size NonZero"],
];

/** Operators that are not ONNX's own, by what they are called in whatever domain. */
const foreignAdvice: ReadonlyMap<string, string> = new Map([
  [
    "Quant",
    "it rounds values to a few bits (brevitas, QONNX), which cannot be computed on encrypted values: export the float " +
      "network, with quantization of weights folded into them and none of activations",
  ],
  [
    "BipolarQuant",
    "it keeps only the sign of values (brevitas, QONNX), which cannot be computed on encrypted values: train with squares",
  ],
]);

const remedies: ReadonlyMap<string, string> = new Map(
  advice.flatMap(([remedy, ops]) => ops.split(" ").map((op): [string, string] => [op, remedy])),
);

export const isStandard = ({ domain }: NodeProto): boolean => domain === "" || domain === "ai.onnx";

/** What messages say of an operator that is not supported. */
export function unsupportedOperator(node: NodeProto): { readonly op: string; readonly remedy: string } {
  const op = isStandard(node) ? node.opType : `${node.domain}.${node.opType}`;
  const remedy = (isStandard(node) ? remedies.get(op) : foreignAdvice.get(node.opType)) ?? otherwise;
  return { op: op.replace(/\p{Cc}+/gu, " "), remedy };
}

/** A node of another domain that computes from constants alone. */
export function unsupportedConstant(node: NodeProto): InputError {
  const { op, remedy } = unsupportedOperator(node);
  const advice = remedy === otherwise ? "export the model with constant folding" : remedy;
  return new InputError(
    `${describeNode(node)}: it computes constants by ${op}, which is none of ONNX's own operators; ${advice}`,
  );
}
