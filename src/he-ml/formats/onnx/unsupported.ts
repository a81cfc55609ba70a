import { UnsupportedLayersError } from "../unsupported-layers.js";
import type { Step } from "./steps.js";

const otherwise = "build the model from convolution, linear, square, average pool, flatten and zero padding";

/** What to do about operators, grouped by the advice. */
const advice: readonly (readonly [remedy: string, ops: string])[] = [
  [
    "train with a square activation (x * x) in its place",
    "Relu LeakyRelu PRelu ThresholdedRelu Clip Elu Selu Celu Gelu Mish Swish HardSwish Softplus Softsign " +
      "Tanh Sigmoid HardSigmoid Erf Exp Log Abs Sqrt",
  ],
  ["use an average pool (AveragePool) in its place", "MaxPool GlobalMaxPool LpPool GlobalLpPool"],
  ["leave it out, the client applies it after decryption", "Softmax LogSoftmax Hardmax ArgMax ArgMin TopK"],
  ["fold it into the weights of the layer before it", "BatchNormalization Div Sub"],
  [
    "leave it out, it divides by statistics that the server cannot see",
    "LayerNormalization InstanceNormalization GroupNormalization RMSNormalization LRN LpNormalization",
  ],
  ["flatten with Flatten, in PyTorch torch.flatten(x, 1)", "Shape Gather Unsqueeze Concat Squeeze"],
];

const remedies: ReadonlyMap<string, string> = new Map(
  advice.flatMap(([remedy, ops]) => ops.split(" ").map((op): [string, string] => [op, remedy])),
);

/** @throws UnsupportedLayersError naming every step whose operator is not among the supported ones. */
export function refuseUnsupported(
  modelName: string,
  steps: readonly Step[],
  supportedOps: ReadonlySet<string>,
): void {
  const unsupported = steps.flatMap(({ node }, position) => {
    const isStandard = node.domain === "" || node.domain === "ai.onnx";
    if (isStandard && supportedOps.has(node.opType)) return [];
    const op = isStandard ? node.opType : `${node.domain}.${node.opType}`;
    const remedy = (isStandard && remedies.get(op)) || otherwise;
    return [
      { position, name: node.name || (node.output[0] ?? ""), op: op.replace(/\p{Cc}+/gu, " "), remedy },
    ];
  });
  if (unsupported.length > 0) throw new UnsupportedLayersError(modelName, unsupported);
}
