import { remedies as plainOnlyRemedies, UnsupportedLayersError } from "../../model/unsupported-layers.js";
import type { Converter } from "./convert.js";
import type { Step } from "./steps.js";

const otherwise = "build the model from convolution, linear, square, average pool, flatten and zero padding";

/** What to do about operators, grouped by the advice. */
const advice: readonly (readonly [remedy: string, ops: string])[] = [
  [
    plainOnlyRemedies.activation,
    "Relu LeakyRelu PRelu ThresholdedRelu Clip Elu Selu Celu Gelu Mish Swish HardSwish Softplus Softsign " +
      "Tanh Sigmoid HardSigmoid Erf Exp Log Abs Sqrt",
  ],
  [plainOnlyRemedies.maxPool, "MaxPool GlobalMaxPool LpPool GlobalLpPool"],
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

/**
 * @throws UnsupportedLayersError if a step's operator is not among the converters, naming every step that cannot be
 *   encrypted.
 */
export function refuseUnsupported(
  modelName: string,
  steps: readonly Step[],
  converters: ReadonlyMap<string, Converter>,
): void {
  const isStandard = ({ node }: Step) => node.domain === "" || node.domain === "ai.onnx";
  const converterOf = (step: Step) => (isStandard(step) ? converters.get(step.node.opType) : undefined);
  if (steps.every(converterOf)) return;
  const unsupported = steps.flatMap((step, position) => {
    const converter = converterOf(step);
    if (converter && !converter.plainOnly) return [];
    const { node } = step;
    const op = isStandard(step) ? node.opType : `${node.domain}.${node.opType}`;
    const remedy = (isStandard(step) && remedies.get(op)) || otherwise;
    return [
      { position, name: node.name || (node.output[0] ?? ""), op: op.replace(/\p{Cc}+/gu, " "), remedy },
    ];
  });
  throw new UnsupportedLayersError(modelName, unsupported);
}
