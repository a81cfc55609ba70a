import type { EvaluatorChoice } from "../crypto/choose-evaluator.js";
import { requireCount, type SerializedTensor } from "../crypto/encrypted-tensor.js";
import { requireSlots } from "../crypto/packing.js";
import { inputCiphertextBytes, outputCiphertextBytes } from "../crypto/rotation-keys.js";
import { tensorFromBytes, tensorToBytes } from "../crypto/tensor-bytes.js";
import { InputError } from "../errors.js";
import { collect, type RunOptions } from "../layers/run.js";
import { requireLongWork } from "../long-work.js";
import type { LayerTrace } from "../layers/trace.js";
import { inputTensors } from "../program/client-spec.js";
import type { Program } from "../program/program.js";
import type { Blinding } from "./blinding.js";
import type { ClientExecutor } from "./executor.js";
import { requireMessage } from "./message.js";

/** A server's side of one client. */
export class Session implements AsyncDisposable {
  readonly #ended = new AbortController();

  /**
   * @param client which key its tensors must be under, and what its keys take
   * @param onEnd called once, when the session is closed
   */
  constructor(
    readonly program: Program,
    private readonly executor: ClientExecutor,
    /** What computes, and why. */
    readonly evaluator: EvaluatorChoice,
    private readonly blinding: Blinding | undefined,
    private readonly client: { readonly key: string; readonly keyBytes: number },
    private readonly onEnd: () => void,
  ) {}

  /** Bytes that the session's keys take, in each thread of the server. */
  get keyBytes(): number {
    return this.client.keyBytes;
  }

  /**
   * Runs the program on encrypted images.
   *
   * @param request as `Client.encrypt` makes it, or the response of the program that this one goes on with
   * @returns encrypted outputs, to be sent back, and a trace of each layer or stage
   * @throws InputError if the bytes are damaged, or another program's, another end's or another client's
   * @example const { response, traces } = await session.run(client.encrypt(image));
   */
  async run(
    request: Uint8Array,
    options?: RunOptions<SerializedTensor>,
  ): Promise<{ readonly response: Uint8Array; readonly traces: readonly LayerTrace[] }> {
    const isUnwatched = options?.onProgress === undefined;
    const { output, traces } = await collect(this.#forward(request, options, isUnwatched));
    return { response: output, traces };
  }

  /**
   * As `run`, with each trace as soon as its layer or stage is done. Read it to its end, or leave it by `return` (as
   * `for await` does at a `break`): one that is left hanging keeps its ciphertexts.
   *
   * @returns the response
   */
  forward(
    request: Uint8Array,
    options?: RunOptions<SerializedTensor>,
  ): AsyncGenerator<LayerTrace, Uint8Array> {
    return this.#forward(request, options, false);
  }

  async *#forward(
    request: Uint8Array,
    options: RunOptions<SerializedTensor> = {},
    isUnwatched: boolean,
  ): AsyncGenerator<LayerTrace, Uint8Array> {
    requireLongWork("run", options);
    const ended = this.#ended.signal;
    ended.throwIfAborted();
    const tensor = this.#tensorOf(request);
    const { digest, clientSpec } = this.program;
    const signal = options.signal ? AbortSignal.any([options.signal, ended]) : ended;
    const computed = yield* this.executor.run(tensor, { ...options, signal, isUnwatched });
    ended.throwIfAborted();
    const output = this.blinding?.blind(computed) ?? computed;
    return tensorToBytes(output, clientSpec.output, { program: digest, end: "output", key: this.client.key });
  }

  /** What was sent, laid out as the program takes it in. */
  #tensorOf(request: Uint8Array): SerializedTensor {
    const { clientSpec, parameters } = this.program;
    const input = inputTensors(clientSpec);
    const message = tensorFromBytes(request);
    requireMessage("run", message, input, this.client.key);
    const { packing, shape, images, ciphertexts } = message;
    const tensor = { packing, shape, images, ciphertexts, slotLayout: this.program.plan?.input };
    requireCount(tensor, ciphertexts.length);
    requireSlots(tensor, parameters.slots);
    const length =
      input.end === "input"
        ? inputCiphertextBytes(parameters)
        : outputCiphertextBytes(parameters, input.level);
    const odd = ciphertexts.find((bytes) => bytes.length !== length);
    if (odd) {
      throw new InputError(
        `run: expected ciphertexts of ${length} bytes at level ${input.level}, got one of ${odd.length}; encrypt again`,
      );
    }
    return tensor;
  }

  /** Stops what is being run, and frees the keys. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    this.end();
    await this.executor.close();
  }

  /** Stops what is being run; the keys are freed by whoever closes the executor. */
  end(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(new InputError("session: it is closed; connect again"));
    this.onEnd();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One line where it is printed. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { model } = this.program;
    return `Session { "${model.name}", key ${this.client.key.slice(0, 12)}…, ${this.#ended.signal.aborted ? "closed" : "open"} }`;
  }
}
