import type { LevelAndScale } from "../../crypto/ciphertext.js";
import type { EncryptedTensor } from "../../crypto/encrypted-tensor.js";
import { requireEvaluator, type SchemeEvaluator } from "../../crypto/scheme-evaluator.js";
import type { SchemeParameters } from "../../crypto/scheme-parameters.js";
import { requireArgument, requireOptions } from "../../arguments.js";
import { InputError } from "../../errors.js";
import type { TurnOptions } from "../../long-work.js";
import { describeLayer } from "../../model/layer.js";
import type { ReencryptionLayer } from "../../model/reencryption.js";
import { formatShape, type Tensor } from "../../tensor/tensor.js";
import type { EncodedLayer } from "../encoded-layer.js";

/**
 * Whoever holds the secret key: decrypts what has used up its primes and encrypts it afresh, at the top level and with
 * the inputs' scale. The server only asks for it.
 */
export interface Reencryptor {
  /** @returns a new tensor, owned by the caller, of the same images in the same packing; `input` is left alone */
  reencrypt(input: EncryptedTensor, options?: TurnOptions): Promise<EncryptedTensor>;
}

export interface ReencryptionOptions {
  readonly name?: string;
  readonly reencryptor: Reencryptor;
}

/** Where a fresh ciphertext stands. */
export function freshState({ levels, scaleBits }: SchemeParameters): LevelAndScale {
  return { level: levels, scale: 2 ** scaleBits };
}

/**
 * A re-encryption among encoded layers: `run` and `forward` wait for the `Reencryptor`. It reveals the values between two
 * layers to whoever holds the secret key.
 *
 * @throws InputError if there is no evaluator, or no reencryptor
 * @example
 * const refresh = reencryption(server.evaluator, {
 *   reencryptor: {
 *     reencrypt: async (tensor) =>
 *       server.load(client.encrypt(client.decrypt(server.save(tensor)), { packing: tensor.packing })),
 *   },
 * });
 */
export function reencryption(
  he: SchemeEvaluator,
  options: ReencryptionOptions,
): EncodedLayer<ReencryptionLayer> {
  requireEvaluator("reencryption", he);
  const { name = "reencryption", reencryptor } = requireOptions("reencryption", options);
  const { reencrypt } = ((reencryptor as Reencryptor | undefined) ?? {}) as Partial<Reencryptor>;
  requireArgument(
    "reencryption: reencryptor",
    typeof reencrypt === "function",
    "who holds the secret key, as { reencrypt }",
    reencryptor,
  );
  const layer: ReencryptionLayer = { kind: "reencryption", name };
  const refuse = (): never => {
    throw new InputError(
      `${describeLayer(layer)}: it waits for whoever holds the secret key; call run, or use forward`,
    );
  };
  const callable = (): EncryptedTensor => refuse();
  // A function's own name can only be defined anew, not assigned.
  Object.defineProperty(callable, "name", { value: name });
  return Object.assign(callable, {
    kind: layer.kind,
    modelLayers: [],
    plain: (batch: Tensor) => batch,
    async run(input: EncryptedTensor, options?: TurnOptions): Promise<EncryptedTensor> {
      const output = await reencryptor.reencrypt(input, options);
      try {
        requireRefreshed(layer, he.parameters, input, output);
        return output;
      } catch (error) {
        output[Symbol.dispose]();
        throw error;
      }
    },
    open: refuse,
    layer,
    evaluator: he,
    outputState: () => freshState(he.parameters),
  });
}

function requireRefreshed(
  layer: ReencryptionLayer,
  parameters: SchemeParameters,
  input: EncryptedTensor,
  output: EncryptedTensor,
): void {
  const { level, scale } = freshState(parameters);
  const describe = ({ shape, packing, images }: EncryptedTensor) =>
    `${images} image(s) of ${formatShape(shape)} in packing ${packing}`;
  if (describe(output) !== describe(input) || output.level !== level || output.scale !== scale) {
    throw new InputError(
      `${describeLayer(layer)}: expected ${describe(input)}, fresh at level ${level} and scale 2^${Math.log2(scale)}, ` +
        `got ${describe(output)} at level ${output.level} and scale 2^${Math.log2(output.scale).toFixed(1)}`,
    );
  }
}
