import { requireArgument, requireOptions } from "../arguments.js";
import { toBase64 } from "../crypto/base64.js";
import { byteLength, requireSerialized, type SerializedTensor } from "../crypto/encrypted-tensor.js";
import type { SchemeParameters } from "../crypto/scheme-parameters.js";
import { SecretContext } from "../crypto/secret-context.js";
import type { LongWorkOptions } from "../long-work.js";
import { cutBefore, selectLayers } from "../model/layer-range.js";
import { readParameterSet, type ParameterSet } from "../parameters-tester/parameter-set.js";
import { reencryptPositionsFrom } from "../program/build-from-pytorch.js";
import { timed } from "../service/timed.js";
import type { Tensor } from "../tensor/tensor.js";
import { computeParameters, type ComputeRequest } from "./compute-message.js";
import { computeOn, type RemoteComputed } from "./compute.js";
import { modelNamed } from "./models.js";
import { Connection } from "./connection.js";
import type { ModelSummary } from "./protocol.js";
import { inferenceOf, noMilliseconds, type RemoteInference } from "./remote-inference.js";
import { checkedOptions, checkedRange, type RemoteOptions } from "./remote-options.js";

/** A range of a model's layers on a server. */
export interface RemoteRange {
  /** The server's address, also with `/compute` at its end, as it stands in the original's client files. */
  readonly url: string;
  readonly net: string;
  /** Contiguous; all if left out. */
  readonly layers?: readonly number[];
  readonly token?: string;
}

export interface RemoteLayersOptions extends Pick<RemoteOptions, "signal" | "onProgress"> {
  /**
   * Whether to send the public key also where no kind of layer tells that zeros are encrypted under it: a server asks for it where all
   * weights of a sum are zero.
   */
  readonly publicKey?: boolean;
  /** Numbers of layers before which values are decrypted here and encrypted afresh; those that stand in the parameters if left out. */
  readonly reencryptPositions?: readonly number[];
}

/** Kinds of layers that multiply ciphertexts, and the one that encrypts zeros. */
const multiplying: readonly string[] = ["square", "polynomial"];
const padding = "padding";

/**
 * Layers on servers in the way of PyCrCNN: one value a ciphertext, layer by layer, in CKKS or BFV, by `POST /compute`. It goes through
 * any range of layers on any server, and is slow; for speed take `RemoteModel`. Keys are made here, and the secret one stays here.
 *
 * @example
 * const layers = await RemoteLayers.create({ m: 4096, p: 1032193, sec: 128, base: 2, rencrypt_positions: [2, 5] });
 * const ranges = [{ url, net: "lenet1-12x12", layers: [0, 1, 2] }, { url: another, net: "lenet1-12x12", layers: [3, 4, 5, 6, 7] }];
 * const { predicted } = await layers.infer(ranges, images);
 */
export class RemoteLayers {
  private constructor(
    /** As it is sent. */
    private readonly set: Readonly<Record<string, unknown>>,
    private readonly positions: ParameterSet["positions"],
    private readonly context: SecretContext<SchemeParameters>,
  ) {}

  /**
   * Makes fresh keys.
   *
   * @param encryptionParameters one set as `testParameters` reads it, or a list of it: the original's `{ m, p, sec, base }`, or in words
   *   of SEAL
   * @throws InputError if it is none, or its parameters are refused
   */
  static async create(encryptionParameters: unknown): Promise<RemoteLayers> {
    const list: unknown[] = Array.isArray(encryptionParameters)
      ? encryptionParameters
      : [encryptionParameters];
    requireArgument(
      "encryption_parameters",
      list.length === 1,
      "one set; ask for each by itself",
      encryptionParameters,
    );
    const { positions, given } = readParameterSet("encryption_parameters", list[0], false);
    requireArgument(
      "encryption_parameters",
      given.packing === undefined || given.packing === "scalar",
      'packing "scalar", as this way has one value a ciphertext; leave it out, or leave out encryption_parameters to go packed',
      given.packing,
    );
    const isPosition = (name: string) => /^re?encrypt_?positions$/i.test(name);
    const set = Object.fromEntries(Object.entries(given).filter(([name]) => !isPosition(name)));
    const { parameters } = computeParameters({ encryption_parameters: [set] });
    return new RemoteLayers(set, positions, await SecretContext.create(parameters));
  }

  get parameters(): SchemeParameters {
    return this.context.parameters;
  }

  /** What the server says of a range's model. @throws as `compute` does */
  async modelOf(range: RemoteRange, options: Pick<RemoteOptions, "signal"> = {}): Promise<ModelSummary> {
    return (await this.#placed(range, options)).model;
  }

  /**
   * Encrypts images, one value a ciphertext.
   *
   * @param images `[n, …shape]`
   * @throws InputError as `SecretContext.encrypt` does
   */
  encrypt(images: Tensor, options: LongWorkOptions = {}): Promise<SerializedTensor> {
    return this.context.encryptAsync(images, { ...requireOptions("encrypt", options), packing: "scalar" });
  }

  /** @returns `[n, …shape]` @throws InputError as `SecretContext.decrypt` does */
  decrypt(tensor: SerializedTensor): Tensor {
    return this.context.decrypt(tensor);
  }

  /**
   * Has a server compute a range of layers. Keys are sent where they are needed only: those for relinearization where a layer multiplies
   * ciphertexts, the public one where it encrypts zeros.
   *
   * @param input as `encrypt` makes it, or another range left it
   * @throws InputError if the server refuses, or its answer is not what was asked for; UnavailableError if there is none
   */
  async compute(
    range: RemoteRange,
    input: SerializedTensor,
    options: RemoteLayersOptions = {},
  ): Promise<RemoteComputed> {
    requireSerialized("compute", input);
    const { server, model, layers } = await this.#placed(range, options);
    return this.#compute(server, model, layers, input, options);
  }

  /**
   * Encrypts images, has ranges of layers computed one behind the other, and decrypts what comes out.
   *
   * @param ranges each beginning where the one before it ends
   * @param images `[n, …inputShape]`
   * @throws as `compute` does
   */
  async infer(
    ranges: readonly RemoteRange[],
    images: Tensor,
    options: RemoteLayersOptions = {},
  ): Promise<RemoteInference> {
    requireArgument(
      "infer",
      Array.isArray(ranges) && ranges.length > 0,
      "at least one range of layers",
      ranges,
    );
    const placed = [];
    for (const range of ranges) placed.push(await this.#placed(range, options));
    selectLayers(
      [...placed[0].model.layers.keys()],
      placed.flatMap(({ layers }) => layers),
    );
    const positions = options.reencryptPositions ?? this.#positionsIn(placed[0].model);
    const pieces = placed.flatMap(({ layers, ...at }) =>
      cutBefore(layers, positions).map((piece) => ({ ...at, layers: piece })),
    );

    const { signal, onProgress } = options;
    const milliseconds = noMilliseconds();
    const bytes = { input: 0, output: 0, evaluationKeys: 0 };
    const encrypted = async (values: Tensor) => {
      const onEncrypted = (done: number, total: number) => onProgress?.({ stage: "encrypt", done, total });
      const [tensor, took] = await timed(() => this.encrypt(values, { signal, onProgress: onEncrypted }));
      milliseconds.encrypt += took;
      return tensor;
    };
    const decrypted = async (tensor: SerializedTensor) => {
      const total = byteLength(tensor);
      onProgress?.({ stage: "decrypt", done: 0, total });
      const [values, took] = await timed(() => this.decrypt(tensor));
      milliseconds.decrypt += took;
      return values;
    };
    let tensor = await encrypted(images);
    for (const [index, { server, model, layers }] of pieces.entries()) {
      if (index > 0 && positions.includes(layers[0])) tensor = await encrypted(await decrypted(tensor));
      const computed = await this.#compute(server, model, layers, tensor, options);
      tensor = computed.output;
      for (const stage of ["upload", "queue", "evaluate", "download"] as const)
        milliseconds[stage] += computed.milliseconds[stage];
      for (const what of ["input", "output", "evaluationKeys"] as const) bytes[what] += computed.bytes[what];
    }
    return inferenceOf(await decrypted(tensor), { traces: [], milliseconds, bytes });
  }

  async #placed(range: RemoteRange, options: RemoteLayersOptions) {
    const { url, net, layers, token } = checkedRange(range);
    const { publicKey, ...others } = requireOptions("remote layers", options);
    const isKnown = publicKey === undefined || typeof publicKey === "boolean";
    requireArgument("remote layers: publicKey", isKnown, "true or false", publicKey);
    const { signal } = checkedOptions(others);
    const server = Connection.to(url.replace(/\/compute\/?$/, ""), token);
    const model = await modelNamed(server, net, signal);
    const all = [...model.layers.keys()];
    return { server, model, layers: selectLayers(all, layers ?? all) };
  }

  #positionsIn(model: ModelSummary): readonly number[] {
    if ("reencryptPositions" in this.positions) return this.positions.reencryptPositions;
    return reencryptPositionsFrom(this.positions.rencryptPositions, model.layers.length);
  }

  #compute(
    server: Connection,
    model: ModelSummary,
    layers: readonly number[],
    input: SerializedTensor,
    { signal, onProgress, publicKey }: RemoteLayersOptions,
  ): Promise<RemoteComputed> {
    const kinds = layers.map((layer) => model.layers[layer].kind);
    const request = {
      ...{ encryption_parameters: [this.set], net: model.net, layers: [...layers] },
      keys: this.#keysFor(kinds, publicKey),
      ...(this.parameters.scheme === "bfv" && { scale: input.scale }),
    };
    const { outputShape } = model.layers[layers.at(-1)!];
    return computeOn(
      server,
      { request, input, parameters: this.parameters, outputShape },
      { signal, onProgress },
    );
  }

  #keysFor(kinds: readonly string[], publicKey: boolean | undefined): ComputeRequest["keys"] {
    const multiplies = kinds.some((kind) => multiplying.includes(kind));
    if (!multiplies && !publicKey && !kinds.includes(padding)) return undefined;
    const keys = this.context.exportEvaluationKeys([], { relinearization: multiplies });
    return {
      publicKey: toBase64(keys.publicKey),
      ...(keys.relinKeys && { relinKeys: toBase64(keys.relinKeys) }),
    };
  }

  /** One line where it is printed; the key is not in it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `RemoteLayers { ${JSON.stringify(this.set)}, secret key held, not shown }`;
  }
}
