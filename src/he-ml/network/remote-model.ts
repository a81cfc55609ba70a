import { payloadLength } from "../crypto/byte-format.js";
import type { CkksParameters } from "../crypto/parameters.js";
import { inputCiphertextBytes } from "../crypto/rotation-keys.js";
import { InputError } from "../errors.js";
import type { LayerTrace } from "../layers/trace.js";
import type { ClientSpec } from "../program/client-spec.js";
import { asBatch } from "../service/client.js";
import { reencryptionTrace } from "../service/reencryption-trace.js";
import { timed } from "../service/timed.js";
import type { Shape, Tensor } from "../tensor/tensor.js";
import { Connection } from "./connection.js";
import { ProgramGoneError, type Leg } from "./leg.js";
import { askModels } from "./models.js";
import type { ModelSummary } from "./protocol.js";
import { inferenceOf, noMilliseconds, type RemoteInference } from "./remote-inference.js";
import {
  checkedOptions,
  routeRequest,
  type RemoteLeg,
  type RemoteOptions,
  type RemoteProgress,
} from "./remote-options.js";
import { isFresh, openRoute, sameKey, type Route, type RouteRequest } from "./route.js";
import { UnavailableError } from "./service-errors.js";

/**
 * A model on a server, or on several that share its layers, for images that none of them sees: keys are made here, and the secret
 * one stays here. Runs in notebooks, in Node and in pages.
 *
 * @example
 * await using remote = await RemoteModel.connect("http://localhost:8000", "lenet1");
 * const { logits, predicted } = await remote.infer(image);
 * @example
 * // Two servers share a network: what the first one computed goes on to the second as it is.
 * const remote = await RemoteModel.connect(
 *   [{ url: "http://first:8000", layers: [0, 1, 2, 3] }, { url: "http://second:8000", layers: [4, 5, 6, 7] }], "lenet1",
 * );
 */
export class RemoteModel implements AsyncDisposable {
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #route!: Route;
  #renewing?: Promise<void>;

  private constructor(
    private readonly request: RouteRequest,
    private readonly options: RemoteOptions,
  ) {
    const { signal } = this.#closing;
    this.#signal = options.signal ? AbortSignal.any([options.signal, signal]) : signal;
  }

  /**
   * Asks for the programs, makes keys, and sends the evaluation keys.
   *
   * @param server its address, or those of servers that share the network, with the layers of each
   * @param net the model's name there, as `RemoteModel.models` lists it
   * @throws InputError if an argument is wrong, a server refuses, or what it says does not hold together; UnavailableError if it
   *   cannot be reached, or has no room for too long
   */
  static async connect(
    server: string | readonly RemoteLeg[],
    net: string,
    options: RemoteOptions = {},
  ): Promise<RemoteModel> {
    const request = routeRequest(server, net, options);
    const model = new RemoteModel(request, options);
    try {
      await model.#open(options.secretKey);
      return model;
    } catch (error) {
      await model.close();
      throw error;
    }
  }

  /** What a server has. @throws as `connect` does */
  static async models(
    url: string,
    options: Pick<RemoteOptions, "token" | "signal"> = {},
  ): Promise<readonly ModelSummary[]> {
    const { token, signal } = checkedOptions(options);
    return askModels(Connection.to(url, token), signal);
  }

  /** The model's own name on the first server. */
  get net(): string {
    return this.#route.net;
  }

  /** What each program takes in and gives out, in order. */
  get specs(): readonly ClientSpec[] {
    return this.#route.legs.map(({ spec }) => spec);
  }

  get parameters(): CkksParameters {
    return this.#route.legs[0].client.parameters;
  }

  /** Of one image. */
  get inputShape(): Shape {
    return this.specs[0].inputShape;
  }

  /** What each output stands for, where that is known. */
  get classNames(): readonly string[] | undefined {
    return this.specs.at(-1)!.classNames;
  }

  /** The secret key, as bytes to be stored here. Whoever holds them reads every image: never send them. */
  exportSecretKey(): Uint8Array {
    return this.#route.legs[0].client.exportSecretKey();
  }

  /**
   * Encrypts images, has them computed, and decrypts the answer. Sessions and programs that a server has forgotten are opened
   * again, once.
   *
   * @param images `[n, …inputShape]`, or one image without the batch axis
   * @throws as `connect` does, and the signal's reason
   */
  async infer(images: Tensor, options: Pick<RemoteOptions, "signal"> = {}): Promise<RemoteInference> {
    this.#closing.signal.throwIfAborted();
    const own = checkedOptions(options).signal;
    const signal = own ? AbortSignal.any([own, this.#signal]) : this.#signal;
    const route = this.#route;
    try {
      return await this.#inferOn(route, images, signal);
    } catch (error) {
      if (!(error instanceof ProgramGoneError)) throw error;
    }
    await this.#renew(route);
    try {
      return await this.#inferOn(this.#route, images, signal);
    } catch (error) {
      if (!(error instanceof ProgramGoneError)) throw error;
      throw new UnavailableError(
        `remote model: a server forgets its programs faster than they can be used; try again later`,
      );
    }
  }

  async #inferOn(route: Route, images: Tensor, signal: AbortSignal): Promise<RemoteInference> {
    const { legs } = route;
    const batch = asBatch(images, legs[0].spec.inputShape);
    const [count] = batch.shape;
    const milliseconds = noMilliseconds();
    const bytes = { input: 0, output: 0, evaluationKeys: 0 };
    const traces: LayerTrace[] = [];
    let values = batch;
    let request: Uint8Array = new Uint8Array();
    let decrypted = 0;
    for (const [index, leg] of legs.entries()) {
      if (isFresh(leg.spec)) {
        const [encrypted, encrypt] = await timed(() => this.#encrypted(leg, values, signal));
        request = encrypted;
        milliseconds.encrypt += encrypt;
        if (index > 0) traces.push(reencrypted(route, index, traces.at(-1)!, decrypted + encrypt, count));
      }
      const answer = await leg.run(request, count, signal);
      traces.push(...answer.traces);
      for (const [stage, took] of Object.entries(answer.milliseconds))
        milliseconds[stage as "upload"] += took;
      bytes.input += payloadLength(request);
      bytes.output += payloadLength(answer.response);
      bytes.evaluationKeys += payloadLength(leg.client.evaluationKeys);
      request = answer.response;
      const next = legs.at(index + 1);
      if (index + 1 < legs.length && !isFresh(next!.spec)) continue;
      this.#tell("decrypt", 0, request.length);
      const opened = request;
      [values, decrypted] = await timed(() => leg.client.decrypt(opened));
      this.#tell("decrypt", request.length, request.length);
      milliseconds.decrypt += decrypted;
    }
    return inferenceOf(values, { traces, milliseconds, bytes });
  }

  #encrypted({ client }: Leg, values: Tensor, signal: AbortSignal): Promise<Uint8Array> {
    const each = inputCiphertextBytes(client.parameters);
    return client.encryptAsync(values, {
      signal,
      onProgress: (done, total) => this.#tell("encrypt", done * each, total * each),
    });
  }

  #tell(stage: RemoteProgress["stage"], done: number, total: number): void {
    this.options.onProgress?.({ stage, done, total });
  }

  async #open(secretKey: Parameters<typeof openRoute>[1]): Promise<void> {
    const { onProgress } = this.options;
    this.#tell("program", 0, 0);
    this.#route = await openRoute(this.request, secretKey, { signal: this.#signal, onProgress });
    for (const leg of this.#route.legs) await leg.open();
  }

  /** All anew, where a server has other programs by now; under the same secret key where that can be. */
  #renew(gone: Route): Promise<void> {
    if (this.#route !== gone) return Promise.resolve();
    this.#renewing ??= (async () => {
      const [{ client, spec }] = gone.legs;
      const kept = client.exportSecretKey();
      const fits = (parameters: ClientSpec["parameters"]) => sameKey(parameters, spec.parameters);
      await this.#open(this.options.secretKey ?? ((parameters) => (fits(parameters) ? kept : undefined)));
      await Promise.all(gone.legs.map((leg) => leg.close()));
    })().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  /** Ends what is being computed, and closes the sessions. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new InputError("remote model: it is closed; connect again"));
    await Promise.all((this.#route?.legs ?? []).map((leg) => leg.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One line where it is printed; the key is not in it. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { legs, net } = this.#route;
    const places = legs.map(
      ({ server, spec }) => `layers ${spec.layers[0]}–${spec.layers.at(-1)!} at ${server.url}`,
    );
    return `RemoteModel { "${net}", ${places.join(", ")}, secret key held, not shown }`;
  }
}

function reencrypted(
  { legs, layerNames }: Route,
  index: number,
  left: LayerTrace,
  milliseconds: number,
  images: number,
): LayerTrace {
  const [before, { spec, client }] = [legs[index - 1].spec.output, legs[index]];
  const layer = { name: layerNames?.[spec.layers[0]] ?? `layer ${spec.layers[0]}` };
  const at = { level: before.level, scaleBits: Math.log2(before.scale), evaluator: left.evaluator, images };
  return reencryptionTrace(
    layer,
    { parameters: client.parameters, clientSpec: spec },
    { left: at, milliseconds },
  );
}
