import { chooseEvaluator } from "../crypto/choose-evaluator.js";
import { byteLength, type EncryptedTensor, type SerializedTensor } from "../crypto/encrypted-tensor.js";
import type { Packing } from "../crypto/packing.js";
import { keyBytes, PublicContext } from "../crypto/public-context.js";
import { SecretContext } from "../crypto/secret-context.js";
import { forward } from "../layers/forward.js";
import type { LongWorkOptions } from "../long-work.js";
import { buildFromPytorch } from "../program/build-from-pytorch.js";
import { timed } from "../service/timed.js";
import type { Tensor } from "../tensor/tensor.js";
import { toldTwin, type OpenedSet, type SetToOpen } from "./opened-set.js";
import { inTurn } from "./recording.js";

/** Errors are random: so many samples of a value show how large they are, also from run to run. */
const mostSamples = 1024;

/**
 * Layer by layer, in whichever scheme.
 *
 * @throws InputError naming the layer that the parameters do not carry
 */
export async function openLayered(
  { part: { model, images }, parameters, reencryptPositions }: SetToOpen,
  packing: Exclude<Packing, "packed">,
): Promise<OpenedSet> {
  const [{ client, keys }, keysMilliseconds] = await timed(async () => {
    const made = await SecretContext.create(parameters);
    return { client: made, keys: made.exportEvaluationKeys() };
  });
  const isBfv = parameters.scheme === "bfv";
  const { evaluator } = await chooseEvaluator(parameters, isBfv ? { usual: "seal" } : {});
  const server = await PublicContext.load(parameters, keys, { evaluator });
  const encrypt = (batch: Tensor, options: LongWorkOptions): Promise<SerializedTensor> =>
    client.encryptAsync(batch, { packing, ...options });
  const decrypt = (tensor: EncryptedTensor) => client.decrypt(server.save(tensor));
  const noiseBudget = isBfv
    ? (tensor: EncryptedTensor) => client.noiseBudget(server.save(tensor))
    : undefined;
  // Slots that are empty cost as much as slots that hold the images again. BFV's errors are not random.
  const inSlots = !isBfv && packing === "batch" ? Math.min(parameters.slots, mostSamples) : 1;
  const copies = Math.max(1, Math.floor(inSlots / images.shape[0]));
  try {
    const layers = buildFromPytorch(server.evaluator, model, {
      valueRanges: model.valueRanges,
      reencryptPositions,
      reencryptor: {
        reencrypt: async (tensor, options = {}) => server.load(await encrypt(decrypt(tensor), options)),
      },
    });
    return {
      steps: layers,
      keysMilliseconds,
      evaluationKeyBytes: keyBytes(keys),
      imagesAtOnce: packing === "batch" ? images.shape[0] : 1,
      async *run(batch, { onEncrypted, onDecrypted, ...watch }) {
        const samples = inTurn(batch, batch.shape[0] * copies);
        const [request, encryptMilliseconds] = await timed(() => encrypt(samples, { signal: watch.signal }));
        onEncrypted();
        using input = server.load(request);
        const twin = toldTwin({ input: batch, decrypt, noiseBudget }, onDecrypted);
        using output = yield* forward(layers, input, { ...watch, twin });
        return {
          encryptMilliseconds,
          inputBytes: byteLength(request),
          outputBytes: byteLength(server.save(output)),
        };
      },
      [Symbol.asyncDispose]: async () => server[Symbol.dispose](),
    };
  } catch (error) {
    server[Symbol.dispose]();
    throw error;
  }
}
