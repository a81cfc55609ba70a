import * as z from "zod";
import { chooseEvaluator, formatChoice, type EvaluatorChoice } from "../crypto/choose-evaluator.js";
import { evaluatorKindSchema, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { keysFromBytes } from "../crypto/key-bytes.js";
import { loadedKeyBytes } from "../crypto/rotation-keys.js";
import { InputError } from "../errors.js";
import type { ProgramContent } from "../program/program-content.js";
import { isBlinded } from "../program/blinding-bits.js";
import { Program } from "../program/program.js";
import { Blinding } from "./blinding.js";
import type { Executor } from "./executor.js";
import { InProcessExecutor } from "./in-process.js";
import { megabytes, requireKeyRoom, usualKeyBytes } from "./key-room.js";
import { Session } from "./session.js";

export interface ServerOptions {
  /**
   * Worker threads: as many as there are cores if left out, at most two of them in packing `packed`. 0 computes in the
   * calling thread, which is all that there is in a page that is not cross-origin isolated.
   */
  readonly threads?: number;
  /**
   * What computes. If left out, what the program was planned for; but SEAL where the kernels do not pass their self-test:
   * see `Server.evaluator`.
   */
  readonly evaluator?: EvaluatorKind;
  /** Bytes that the keys of all sessions together may take, in each thread; 2 GiB if left out, of the 4 that WASM has. */
  readonly mostKeyBytes?: number;
  /**
   * Whether noise is added to what a packed answer carries beside its values, which tells of the weights; true if left out.
   * Answers of a program that ends before its model does are never blinded, as another program goes on with them.
   */
  readonly blindAnswers?: boolean;
}

/** How an executor computes. */
export interface ExecutorOptions {
  /** As many as are usual if left out. */
  readonly threads?: number;
  readonly evaluator: EvaluatorKind;
  /** As `EvaluatorChoice` has them: each thread must keep residues so. */
  readonly kinds?: EvaluatorChoice["kinds"];
}

/** Encodes a program's weights. @throws InputError if it cannot */
export type StartExecutor = (content: ProgramContent, options: ExecutorOptions) => Promise<Executor>;

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

  protected constructor(
    readonly program: Program,
    executor: Executor,
    mostKeyBytes: number,
    /** What computes, and why. */
    readonly evaluator: EvaluatorChoice,
    private readonly blinding: Blinding | undefined,
  ) {
    this.#executor = executor;
    this.#mostKeyBytes = mostKeyBytes;
  }

  /**
   * Encodes the weights, to compute in the calling thread.
   *
   * @throws InputError if there are to be threads, a weight does not fit, the evaluator asked for cannot be used, or there
   *   is no room for the keys of one client
   */
  static start(program: Program, options: ServerOptions = {}): Promise<Server> {
    return this.startBy(inThisThread, program, options);
  }

  protected static async startBy(
    startExecutor: StartExecutor,
    program: Program,
    options: ServerOptions,
  ): Promise<Server> {
    Program.require("server", program);
    const { threads, mostKeyBytes = usualKeyBytes, blindAnswers = true, ...asked } = checkedOptions(options);
    requireKeyRoom("server", program, mostKeyBytes);
    const choice = await chooseEvaluator(program.parameters, {
      asked: asked.evaluator,
      usual: program.evaluator,
    });
    const { evaluator, kinds } = choice;
    const executor = await startExecutor(program.content, { threads, evaluator, kinds });
    const blinding = blindAnswers ? await blindingOf(program) : undefined;
    return new this(program, executor, mostKeyBytes, choice, blinding);
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
      const session: Session = new Session(
        this.program,
        executor,
        this.evaluator,
        this.blinding,
        { key, keyBytes: bytes },
        () => {
          this.#sessions.delete(session);
          this.#keyBytes -= bytes;
        },
      );
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
    this.blinding?.[Symbol.dispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One line where it is printed. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    const { model, packing } = this.program;
    return (
      `Server { "${model.name}", packing ${packing}, ${formatChoice(this.evaluator)}, threads ${this.threads}, sessions ${this.sessions}, ` +
      `${this.#closed ? "closed" : "open"}, no secret key }`
    );
  }

  #requireOpen(): void {
    if (this.#closed) throw new InputError("server: it is closed; start another");
  }

  #requireRoom(bytes: number): void {
    if (this.#keyBytes + bytes <= this.#mostKeyBytes) return;
    throw new InputError(
      `connect: the keys take ${megabytes(bytes)} in memory, and ${megabytes(this.#keyBytes)} of ` +
        `${megabytes(this.#mostKeyBytes)} are taken by ${this.sessions} session(s); close some first, or start the ` +
        `server with a larger mostKeyBytes`,
    );
  }
}

async function blindingOf(program: Program): Promise<Blinding | undefined> {
  return isBlinded(program) ? Blinding.open(program.plan!) : undefined;
}

const optionsSchema = z.strictObject({
  blindAnswers: z.boolean().optional(),
  threads: z.unknown().optional(),
  evaluator: evaluatorKindSchema.optional(),
  mostKeyBytes: z.number().positive().optional(),
});

function checkedOptions(options: ServerOptions): ServerOptions {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return options;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`server: options: ${path.join(".") || "the whole"}: ${message}`);
}

const inThisThread: StartExecutor = async (content, { threads = 0, evaluator }) => {
  requireThreads(threads, 0);
  return InProcessExecutor.start(content, evaluator);
};

/** @throws InputError unless there can be as many threads */
export function requireThreads(threads: number, most: number): void {
  if (Number.isInteger(threads) && threads >= 0 && threads <= most) return;
  const expected = most === 0 ? "0, as there are no worker threads here" : `a whole number from 0 to ${most}`;
  throw new InputError(`server: threads: expected ${expected}, got ${threads}`);
}
