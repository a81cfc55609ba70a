import { definitionOf } from "../../model/layers.js";
import type { UnsupportedLayer } from "../../model/unsupported-layers.js";
import type { KerasLayer } from "./parts.js";

const otherwise = "build the model from Conv2D, Dense, Square, AveragePooling2D, Flatten and ZeroPadding2D";

/** What to do about classes and activations, grouped by the advice. */
const advice: readonly (readonly [remedy: string, names: string])[] = [
  [
    definitionOf({ kind: "activation" }).remedy,
    "ReLU LeakyReLU PReLU ELU ThresholdedReLU relu relu6 elu selu silu swish sigmoid hardSigmoid hard_sigmoid tanh " +
      "softplus softsign gelu mish exponential leaky_relu celu hard_silu hard_swish",
  ],
  [
    definitionOf({ kind: "maxPool" }).remedy,
    "MaxPooling1D MaxPooling2D GlobalMaxPooling1D GlobalMaxPooling2D",
  ],
  ["leave it out, the client applies it after decryption", "Softmax softmax logSoftmax log_softmax"],
  [
    "leave it out, it divides by statistics that the server cannot see",
    "LayerNormalization GroupNormalization",
  ],
];

const remedyOf: ReadonlyMap<string, string> = new Map(
  advice.flatMap(([remedy, names]) => names.split(" ").map((name): [string, string] => [name, remedy])),
);

/** The function that an activation applies, or a layer's class. */
export const opOf = ({ className, config }: KerasLayer): string =>
  className === "Activation" ? String(config.activation) : className;

/** What messages say of a layer that cannot be encrypted. */
export function unsupportedLayer(layer: KerasLayer, position: number): UnsupportedLayer {
  const { name } = layer;
  const op = opOf(layer);
  const remedy = remedyOf.get(op) ?? otherwise;
  return { position, name, op: op.replace(/\p{Cc}+/gu, " "), remedy };
}
