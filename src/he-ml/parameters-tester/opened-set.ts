import { chooseEvaluator } from "../crypto/choose-evaluator.js";
import { byteLength, type EncryptedTensor, type SerializedTensor } from "../crypto/encrypted-tensor.js";
import { keyBytes, PublicContext } from "../crypto/public-context.js";
import { SecretContext } from "../crypto/secret-context.js";
import { forward } from "../layers/forward.js";
import type { PlainTwin, RunProgress } from "../layers/run.js";
import type { LayerTrace } from "../layers/trace.js";
import type { LongWorkOptions } from "../long-work.js";
import { buildFromPytorch } from "../program/build-from-pytorch.js";
import { timed } from "../service/timed.js";
import type { Tensor } from "../tensor/tensor.js";
import type { Packing } from "../crypto/packing.js";
import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import { inTurn } from "./recording.js";
import type { TestedPart } from "./tested-part.js";

/** Errors are random: so many samples of a value show how large they are, also from run to run. */
const mostSamples = 1024;

/** How a run is watched. */
export interface RunWatch extends Pick<LongWorkOptions, "signal"> {
  readonly onProgress?: (progress: RunProgress) => void;
  /** Called when the images are encrypted, and the steps begin. */
  readonly onEncrypted: () => void;
  /**
   * Told what each step's output decrypts to, and how long that took, before its trace comes: the images in turn, or more
   * than once where that costs nothing.
   */
  readonly onDecrypted: (values: Tensor, milliseconds: number) => void;
}

/** What one run took beside its steps. */
export interface RunCosts {
  readonly encryptMilliseconds: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** A parameter set with its keys made and the weights encoded, ready to be run on images. */
export interface OpenedSet extends AsyncDisposable {
  /** Its layers, stages and re-encryptions, in order. */
  readonly steps: readonly { readonly name: string; readonly modelLayers?: readonly number[] }[];
  readonly keysMilliseconds: number;
  readonly evaluationKeyBytes: number;
  /** Images that are run at once. */
  readonly imagesAtOnce: number;
  run(images: Tensor, watch: RunWatch): AsyncGenerator<LayerTrace, RunCosts>;
}

/** What is to be opened. */
export interface SetToOpen<P = SchemeParameters> extends Pick<LongWorkOptions, "signal"> {
  readonly part: TestedPart;
  readonly parameters: P;
  /** Before which of the part's layers values are encrypted afresh. */
  readonly reencryptPositions: readonly number[];
}

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

/** The twin, which tells all that it decrypted. */
export function toldTwin<T>(twin: PlainTwin<T>, onDecrypted: RunWatch["onDecrypted"]): PlainTwin<T> {
  return {
    ...twin,
    decrypt(tensor) {
      const start = performance.now();
      const values = twin.decrypt(tensor);
      onDecrypted(values, performance.now() - start);
      return inTurn(values, twin.input.shape[0]);
    },
  };
}
