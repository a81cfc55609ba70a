import { ciphertextCount } from "../crypto/packing.js";
import { outputCiphertextBytes } from "../crypto/rotation-keys.js";
import { tensorFromBytes } from "../crypto/tensor-bytes.js";
import { InputError } from "../errors.js";
import type { LayerTrace } from "../layers/trace.js";
import { outputTensors, type ClientSpec } from "../program/client-spec.js";
import type { Client } from "../service/client.js";
import { requireMessage } from "../service/message.js";
import { pathOf, type Connection, type Reply } from "./connection.js";
import {
  bytesType,
  jobStateSchema,
  routes,
  sessionInfoSchema,
  tracesSchema,
  type SessionInfo,
} from "./protocol.js";
import { randomUuid } from "./random-uuid.js";
import { pauseFor } from "./retries.js";
import { RefusedError } from "./service-errors.js";

/** How far a request to a server is. */
export interface LegProgress {
  readonly stage: "keys" | "upload" | "queue" | "evaluate" | "download";
  /** Bytes that went or came, and how many there are; 0 of 0 where none travel. */
  readonly done: number;
  readonly total: number;
  /** In stage `queue`: how many are before it. */
  readonly before?: number;
}

export interface LegOptions {
  /** Ends all that the leg does. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: LegProgress) => void;
  /** Asks for the program once more, where the server has forgotten it. @returns digests of what it gives by now */
  readonly askAgain: (signal: AbortSignal) => Promise<readonly string[]>;
}

/** What a server answered, and what that took. */
export interface LegAnswer {
  readonly response: Uint8Array;
  readonly traces: readonly LayerTrace[];
  readonly milliseconds: {
    readonly upload: number;
    readonly queue: number;
    readonly evaluate: number;
    readonly download: number;
  };
}

/** The server has another program by now. */
export class ProgramGoneError extends Error {}

const mostSmallBytes = 2 ** 16;
const mostTraceBytes = 2 ** 23;
/** A header of our own byte format, at its longest. */
const mostHeaderBytes = 2 ** 20 + 64;
/** So long an answer is waited for in one request: often enough to see how far it is. */
const waitSeconds = 5;
/** Between two questions whether there is an answer by now. */
const leastMilliseconds = 250;
/** Keys are loaded once when they come. */
const keysMilliseconds = 300_000;

/** One program on one server: a session there, which is opened again where it is gone. */
export class Leg {
  #session?: Promise<SessionInfo>;

  constructor(
    readonly server: Connection,
    readonly client: Client,
    private readonly options: LegOptions,
  ) {}

  get spec(): ClientSpec {
    return this.client.spec;
  }

  /**
   * The session; keys are sent when it is first asked for.
   *
   * @throws ProgramGoneError
   */
  open(): Promise<SessionInfo> {
    if (!this.#session) {
      const opening = this.#openNew();
      this.#session = opening;
      opening.catch(() => this.#forget(opening));
    }
    return this.#session;
  }

  async #openNew(): Promise<SessionInfo> {
    try {
      return await this.#sendKeys();
    } catch (error) {
      if (!isRefusal(error, "unknown-program")) throw error;
    }
    const { digest } = this.spec;
    const { askAgain, signal } = this.options;
    if (!(await askAgain(signal)).includes(digest)) throw new ProgramGoneError();
    return this.#sendKeys();
  }

  async #sendKeys(): Promise<SessionInfo> {
    const { digest } = this.spec;
    const { signal, onProgress } = this.options;
    const bytes = this.client.evaluationKeys;
    onProgress?.({ stage: "keys", done: 0, total: bytes.length });
    // A session whose answer was lost ends by itself.
    const ask = {
      ...({ method: "POST", path: routes.sessions, query: { program: digest } } as const),
      body: { type: bytesType, bytes } as const,
      ...{ mostBytes: mostSmallBytes, workMilliseconds: keysMilliseconds, repeatable: true, signal },
    };
    const session = await this.server.json(ask, sessionInfoSchema);
    if (session.program !== digest)
      throw new InputError(
        `${this.server.url}: it opened a session for another program; do not use this server`,
      );
    onProgress?.({ stage: "keys", done: bytes.length, total: bytes.length });
    return session;
  }

  #forget(opened: Promise<SessionInfo>): void {
    if (this.#session === opened) this.#session = undefined;
  }

  /**
   * Has the server run its program.
   *
   * @param request an encrypted tensor as the program takes it in
   * @param images how many there are in it
   * @throws ProgramGoneError
   */
  async run(request: Uint8Array, images: number, signal: AbortSignal): Promise<LegAnswer> {
    const job = randomUuid();
    const lost = new Set<string>();
    for (;;) {
      signal.throwIfAborted();
      const opening = this.open();
      const { session } = await unlessAborted(opening, signal);
      try {
        return await this.#answerIn({ session, job }, request, images, signal);
      } catch (error) {
        if (signal.aborted) this.#cancel({ session, job });
        const code = error instanceof RefusedError ? error.code : "";
        // Once for each, so that a server that forgets at once is not asked for ever.
        if (!recoverable.includes(code) || lost.has(code)) throw error;
        lost.add(code);
        if (code !== "unknown-job") this.#forget(opening);
      }
    }
  }

  async #answerIn(
    names: JobNames,
    request: Uint8Array,
    images: number,
    signal: AbortSignal,
  ): Promise<LegAnswer> {
    const { onProgress } = this.options;
    const path = pathOf(routes.job, names);
    const mostBytes = this.#mostResponseBytes(images);
    const ask = {
      ...{
        path,
        mostBytes,
        query: { wait: String(waitSeconds) },
        workMilliseconds: 1000 * waitSeconds,
        repeatable: true,
        signal,
      },
      onReceived: (done: number, total: number) => onProgress?.({ stage: "download", done, total }),
    };
    onProgress?.({ stage: "upload", done: 0, total: request.length });
    const start = performance.now();
    let reply = await this.server.ask({ ...ask, method: "PUT", body: { type: bytesType, bytes: request } });
    onProgress?.({ stage: "upload", done: request.length, total: request.length });
    while (reply.status === 202) {
      const { state, before } = this.server.read({ method: "GET", path }, reply.bytes, jobStateSchema);
      onProgress?.({ stage: state === "queued" ? "queue" : "evaluate", done: 0, total: 0, before });
      // A server waits before it says so; one that does not is not asked without a pause.
      await pauseFor(Math.max(0, leastMilliseconds - reply.milliseconds.head), signal);
      reply = await this.server.ask({ ...ask, method: "GET" });
    }
    this.#requireResponse(reply, images);
    const took = performance.now() - start;
    const traced = await this.server.json(
      {
        ...{ method: "GET", path: pathOf(routes.traces, names), mostBytes: mostTraceBytes, repeatable: true },
        signal,
      },
      tracesSchema,
    );
    if (traced.traces.length === 0)
      throw new InputError(`${this.server.url}: expected a trace of each layer, got none`);
    const { queue, evaluate } = traced.milliseconds;
    const download = reply.milliseconds.body;
    // All that is not told otherwise: the way there, and that of the first byte back.
    const upload = Math.max(0, took - queue - evaluate - download);
    return {
      response: reply.bytes,
      traces: traced.traces,
      milliseconds: { upload, queue, evaluate, download },
    };
  }

  #mostResponseBytes(images: number): number {
    const { packing, shape, slotLayout, level } = this.spec.output;
    const count = ciphertextCount({ packing, images, shape, slotLayout });
    return mostHeaderBytes + count * outputCiphertextBytes(this.client.parameters, level);
  }

  #requireResponse({ bytes }: Reply, images: number): void {
    const { url } = this.server;
    const message = tensorFromBytes(bytes);
    requireMessage(url, message, outputTensors(this.spec), this.client.key);
    if (message.images !== images)
      throw new InputError(
        `${url}: expected an answer for ${images} image(s), got ${message.images}; do not use this server`,
      );
  }

  /** Tells the server that nobody waits any more; where that does not reach it, the job ends by itself. */
  #cancel(names: JobNames): void {
    this.#delete(pathOf(routes.job, names)).catch(() => undefined);
  }

  #delete(path: string): Promise<unknown> {
    return this.server.once({ method: "DELETE", path, mostBytes: mostSmallBytes, repeatable: true });
  }

  /** Closes the session; where that does not reach the server, it ends by itself. */
  async close(): Promise<void> {
    const opened = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    if (opened)
      await this.#delete(pathOf(routes.session, { session: opened.session })).catch(() => undefined);
  }
}

/** What others wait for, too, and so is not stopped: it is waited for no longer. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

type JobNames = { readonly session: string; readonly job: string };

/** What is gone on the server, and can be made again. */
const recoverable: readonly string[] = ["unknown-session", "unknown-program", "unknown-job"];

const isRefusal = (error: unknown, code: string) => error instanceof RefusedError && error.code === code;
