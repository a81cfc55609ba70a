import { randomUUID } from "node:crypto";
import { Dealer, Subscriber } from "zeromq";
import type { Connection } from "./connection.js";
import { fromFrames, newRequest, toFrames, type Message } from "./message.js";

/** Told of every message that a kernel publishes in answer to one request: outputs, status. */
export type OnPublished = (message: Message) => void;

interface Pending {
  readonly onPublished?: OnPublished;
  readonly resolve: (content: Record<string, unknown>) => void;
  readonly reject: (error: unknown) => void;
  reply?: Record<string, unknown>;
  idle: boolean;
}

/** How soon sockets try again while the kernel does not listen yet. */
const reconnectMilliseconds = 20;

/** Speaks the Jupyter wire protocol with one kernel: requests on shell and control, what it publishes on iopub. */
export class KernelClient implements Disposable {
  readonly #key: string;
  readonly #session = randomUUID();
  readonly #shell = new Dealer({ linger: 0, reconnectInterval: reconnectMilliseconds });
  readonly #control = new Dealer({ linger: 0, reconnectInterval: reconnectMilliseconds });
  readonly #iopub = new Subscriber({
    linger: 0,
    reconnectInterval: reconnectMilliseconds,
    receiveHighWaterMark: 0,
  });
  /** By message id. Requests that are done stay, since a cell may still print after its end. */
  #failure: { readonly error: unknown } | undefined;
  readonly #requests = new Map<string, Pending>();

  constructor(connection: Connection) {
    const { transport, ip, key } = connection;
    this.#key = key;
    this.#shell.connect(`${transport}://${ip}:${connection.shell_port}`);
    this.#control.connect(`${transport}://${ip}:${connection.control_port}`);
    this.#iopub.connect(`${transport}://${ip}:${connection.iopub_port}`);
    this.#iopub.subscribe();
    void this.#receive(this.#shell, (message, request) => (request.reply = message.content));
    void this.#receive(this.#control, (message, request) => (request.reply = message.content));
    void this.#receive(this.#iopub, (message, request) => {
      request.onPublished?.(message);
      const { msg_type } = message.header;
      if (msg_type === "status" && message.content.execution_state === "idle") request.idle = true;
    });
  }

  /**
   * Sends a request and waits for its reply, and until everything that it made the kernel publish has come.
   *
   * @returns the reply's content
   * @throws whatever `failAll` was given, if the kernel ends first
   * @example const { matches } = await client.request("complete_request", { code: "tens", cursor_pos: 4 });
   */
  async request(
    type: string,
    content: Record<string, unknown>,
    { onPublished, channel = "shell" }: { onPublished?: OnPublished; channel?: "shell" | "control" } = {},
  ): Promise<Record<string, unknown>> {
    if (this.#failure) throw this.#failure.error;
    const message = newRequest(type, this.#session, content);
    const done = new Promise<Record<string, unknown>>((resolve, reject) => {
      this.#requests.set(message.header.msg_id, { onPublished, resolve, reject, idle: false });
    });
    // The sender may have given up waiting by the time that the kernel ends.
    done.catch(() => undefined);
    const socket = channel === "shell" ? this.#shell : this.#control;
    await socket.send(toFrames(message, this.#key));
    return done;
  }

  /** Ends all requests that still wait, and those to come. */
  failAll(error: unknown): void {
    this.#failure = { error };
    for (const { reject } of this.#requests.values()) reject(error);
  }

  [Symbol.dispose](): void {
    this.#shell.close();
    this.#control.close();
    this.#iopub.close();
  }

  async #receive(
    socket: AsyncIterable<Buffer[]>,
    take: (message: Message, request: Pending) => void,
  ): Promise<void> {
    for await (const frames of socket) {
      const message = fromFrames(frames, this.#key);
      const request = message && this.#requests.get(message.parent.msg_id ?? "");
      if (!request) continue;
      take(message, request);
      if (request.reply && request.idle) request.resolve(request.reply);
    }
  }
}
