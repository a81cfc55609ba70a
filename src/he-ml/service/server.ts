import { availableParallelism } from "node:os";
import { z } from "zod";
import { keysFromBytes } from "../crypto/key-bytes.js";
import { loadedKeyBytes } from "../crypto/rotation-keys.js";
import { InputError } from "../errors.js";
import { Program } from "../program/program.js";
import type { Executor } from "./executor.js";
import { InProcessExecutor } from "./in-process.js";
import { Session } from "./session.js";

export interface ServerOptions {
  /**
   * Worker threads: as many as there are cores if left out, at most two of them in packing `packed`. 0 computes in the
   * calling thread.
   */
  readonly threads?: number;
  /** Bytes that the keys of all sessions together may take, in each thread; 2 GiB if left out, of the 4 that WASM has. */
  readonly mostKeyBytes?: number;
}

const mostThreads = 256;
/** A third thread finds little left to do in a stage: folds and activations go one after the other. */
const usualPackedThreads = 2;
const mostPackedThreads = 16;
const usualKeyBytes = 2 ** 31;

/**
 * Computes a program for any number of clients, with public keys only: it cannot decrypt anything. Weights are encoded
 * once; keys are loaded for each session, and freed when it is closed.
 *
 * @example
 * const server = await Server.start(program);
 * const session = await server.connect(client.evaluationKeys);
 * const { response, traces } = await session.run(client.encrypt(image));
 * await server.close();
 */
export class Server implements AsyncDisposable {
  readonly #executor: Executor;
  readonly #mostKeyBytes: number;
  readonly #sessions = new Set<Session>();
  /** Sessions that are being opened count already. */
  #keyBytes = 0;
  #closed = false;

  private constructor(
    readonly program: Program,
    executor: Executor,
    mostKeyBytes: number,
  ) {
    this.#executor = executor;
    this.#mostKeyBytes = mostKeyBytes;
  }

  /**
   * Encodes the weights, in this thread or in workers.
   *
   * @throws InputError if the number of threads is none, or a weight does not fit
   */
  static async start(program: Program, options: ServerOptions = {}): Promise<Server> {
    Program.require("server", program);
    const { mostKeyBytes = usualKeyBytes } = checkedOptions(options);
    return new Server(program, await executorOf(program, options), mostKeyBytes);
  }

  /** Worker threads that compute, 0 for none. */
  get threads(): number {
    return this.#executor.threads;
  }

  /** Sessions that are open. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Bytes that the keys of all sessions take, in each thread. */
  get keyBytes(): number {
    return this.#keyBytes;
  }

  /**
   * Opens a session for a client.
   *
   * @param evaluationKeys as `Client.evaluationKeys` gives them
   * @throws InputError if the keys are damaged, another program's, or more than there is room for
   */
  async connect(evaluationKeys: Uint8Array): Promise<Session> {
    this.#requireOpen();
    const { parameters, digest, clientSpec } = this.program;
    const { keys, key } = keysFromBytes(evaluationKeys, parameters, digest, clientSpec);
    const bytes = loadedKeyBytes(parameters, clientSpec);
    this.#requireRoom(bytes);
    this.#keyBytes += bytes;
    try {
      const executor = await this.#executor.open(keys);
      this.#requireOpen();
      const session: Session = new Session(this.program, executor, { key, keyBytes: bytes }, () => {
        this.#sessions.delete(session);
        this.#keyBytes -= bytes;
      });
      this.#sessions.add(session);
      return session;
    } catch (error) {
      this.#keyBytes -= bytes;
      throw error;
    }
  }

  /** Ends all sessions, and whatever is computed in them. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const session of this.#sessions) session.end();
    await this.#executor.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One line where it is printed. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { model, packing } = this.program;
    return (
      `Server { "${model.name}", packing ${packing}, threads ${this.threads}, sessions ${this.sessions}, ` +
      `${this.#closed ? "closed" : "open"}, no secret key }`
    );
  }

  #requireOpen(): void {
    if (this.#closed) throw new InputError("server: it is closed; start another");
  }

  #requireRoom(bytes: number): void {
    const megabytes = (count: number) => `${(count / 1e6).toFixed(0)} MB`;
    if (this.#keyBytes + bytes <= this.#mostKeyBytes) return;
    throw new InputError(
      `connect: the keys take ${megabytes(bytes)} in memory, and ${megabytes(this.#keyBytes)} of ` +
        `${megabytes(this.#mostKeyBytes)} are taken by ${this.sessions} session(s); close some first, or start the ` +
        `server with a larger mostKeyBytes`,
    );
  }
}

const optionsSchema = z.strictObject({
  threads: z.unknown().optional(),
  mostKeyBytes: z.number().positive().optional(),
});

function checkedOptions(options: ServerOptions): ServerOptions {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return options;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`server: options: ${path.join(".") || "the whole"}: ${message}`);
}

async function executorOf(program: Program, { threads }: ServerOptions): Promise<Executor> {
  const { content } = program;
  const isPacked = content.packing === "packed";
  const most = isPacked ? mostPackedThreads : mostThreads;
  const usual = Math.min(availableParallelism(), isPacked ? usualPackedThreads : mostThreads);
  const count = threads ?? usual;
  if (!Number.isInteger(count) || count < 0 || count > most) {
    throw new InputError(`server: threads: expected a whole number from 0 to ${most}, got ${count}`);
  }
  if (count === 0) return InProcessExecutor.start(content);
  if (content.packing === "packed") {
    const { StageExecutor } = await import("./threads/stage-executor.js");
    return StageExecutor.start(content, count);
  }
  const { LayerExecutor } = await import("./threads/layer-executor.js");
  return LayerExecutor.start(content, count);
}
