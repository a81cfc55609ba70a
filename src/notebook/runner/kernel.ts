import { setTimeout } from "node:timers/promises";
import { KernelProcess, type KernelLaunch } from "./kernel-process.js";
import { KernelClient, type OnPublished } from "./protocol/client.js";
import { createConnectionFile, type ConnectionFile } from "./protocol/connection.js";

/** The kernel's process ended although nobody asked it to. */
export class KernelEndedError extends Error {
  override readonly name = "KernelEndedError";
}

export interface KernelOptions {
  readonly cwd: string;
  readonly signal?: AbortSignal;
  readonly launch?: KernelLaunch;
}

export interface ExecuteOptions {
  readonly onPublished?: OnPublished;
  /** Whether requests that wait behind this one are given up when it fails; true if left out. */
  readonly stopOnError?: boolean;
}

/** What a kernel says at the end of a cell. */
export interface ExecuteReply {
  readonly status: "ok" | "error" | "aborted";
  readonly execution_count?: number;
  readonly ename?: string;
  readonly evalue?: string;
}

const startSeconds = 60;
/** How long a kernel gets to end by itself before it is killed. */
const endMilliseconds = 1000;
/** Ports are free when they are chosen, and may be taken before the kernel listens. */
const startAttempts = 3;

/** A running tslab kernel with our preload, and how to speak with it. It ends when this is disposed of. */
export class Kernel implements AsyncDisposable {
  readonly #file: ConnectionFile;
  readonly #process: KernelProcess;
  readonly #client: KernelClient;
  #languageInfo: Record<string, unknown> = {};
  #ended = false;

  private constructor(file: ConnectionFile, cwd: string, launch?: KernelLaunch) {
    this.#file = file;
    this.#process = new KernelProcess(file.path, cwd, launch);
    this.#client = new KernelClient(file.connection);
    void this.#process.ended.then((how) => {
      this.#ended = true;
      const said = this.#process.stderr;
      this.#client.failAll(new KernelEndedError(`the kernel ended (${how})${said && `: ${said}`}`));
    });
  }

  /**
   * Starts a kernel and waits until it answers.
   *
   * @param options.cwd the folder that relative paths in cells start from
   * @param options.launch how it is started, if not as usual; it is then spoken with without a network
   * @throws KernelEndedError if it does not start
   * @example
   * await using kernel = await Kernel.start({ cwd: "notebooks" });
   * await kernel.execute("1 + 1", { onPublished: (message) => console.log(message.content) });
   */
  static async start({ cwd, signal, launch }: KernelOptions): Promise<Kernel> {
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const kernel = new Kernel(await createConnectionFile(launch ? "ipc" : "tcp"), cwd, launch);
      const abort = () => void kernel.#process.end(0);
      signal?.addEventListener("abort", abort, { once: true });
      try {
        await kernel.#untilReady();
        return kernel;
      } catch (error) {
        const portTaken = error instanceof Error && /address already in use/i.test(error.message);
        await kernel.kill();
        signal?.throwIfAborted();
        if (!portTaken || attempt === startAttempts) throw error;
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    }
  }

  /** The notebook metadata `language_info`. */
  get languageInfo(): Record<string, unknown> {
    return this.#languageInfo;
  }

  /**
   * Runs a cell to its end.
   *
   * @throws KernelEndedError if the kernel ends before the cell does
   */
  async execute(
    code: string,
    { onPublished, stopOnError = true }: ExecuteOptions = {},
  ): Promise<ExecuteReply> {
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: stopOnError,
    };
    return (await this.request("execute_request", content, { onPublished })) as unknown as ExecuteReply;
  }

  /** Sends any other request of the Jupyter protocol; returns the reply's content. */
  request(
    type: string,
    content: Record<string, unknown>,
    options?: Parameters<KernelClient["request"]>[2],
  ): Promise<Record<string, unknown>> {
    return this.#client.request(type, content, options);
  }

  /** Stops the running cell, if it can be: JavaScript that computes after an `await` without a pause cannot. */
  interrupt(): void {
    this.#process.interrupt();
  }

  /** Ends the kernel at once; what it was asked for fails for this reason. */
  async endBecause(reason: string): Promise<void> {
    this.#client.failAll(new KernelEndedError(reason));
    await this.kill();
  }

  /** Ends the kernel at once, whatever it does. */
  async kill(): Promise<void> {
    await this.#end(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) {
      void this.request("shutdown_request", { restart: false }, { channel: "control" }).catch(
        () => undefined,
      );
    }
    await this.#end(endMilliseconds);
  }

  async #end(graceMilliseconds: number): Promise<void> {
    await this.#process.end(graceMilliseconds);
    this.#client[Symbol.dispose]();
    await this.#file[Symbol.asyncDispose]();
  }

  /** A subscription takes effect some time after the connection, so this asks until both channels answer. */
  async #untilReady(): Promise<void> {
    const deadline = performance.now() + 1000 * startSeconds;
    for (let heard = false; ;) {
      const info = this.request("kernel_info_request", {}, { onPublished: () => (heard = true) });
      const reply = await Promise.race([info, this.#pause(heard ? 1000 : 100)]);
      if (reply) {
        this.#languageInfo = reply.language_info as Record<string, unknown>;
        return;
      }
      if (performance.now() > deadline) {
        throw new KernelEndedError(
          `the kernel did not answer within ${startSeconds} s ${this.#process.stderr}`.trim(),
        );
      }
    }
  }

  async #pause(milliseconds: number): Promise<undefined> {
    await setTimeout(milliseconds, undefined, { ref: false });
  }
}
