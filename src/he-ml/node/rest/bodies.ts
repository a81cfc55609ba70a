import type { FastifyReply, FastifyRequest } from "fastify";
import { finished, type Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { BodyRoom, type BodyInRoom } from "../../rest/body-room.js";
import { HttpError, closingError } from "../../rest/http-error.js";
import { jsonInBody } from "../../rest/json-body.js";
import type { Limits } from "../../rest/limits.js";
import type { JsonBody } from "../../rest/route.js";
import type { Metrics } from "./metrics.js";

/** Seconds for which a client that was refused may go on to send, so that it comes to read why. */
const lingerSeconds = 5;

/** Reads bodies, each up to a cap and all up to another, within some seconds. */
export class Bodies {
  readonly #room: BodyRoom;
  readonly #held = new WeakMap<FastifyRequest, BodyInRoom>();

  readonly #ended = new AbortController();

  constructor(
    private readonly limits: Pick<Limits, "bodySeconds" | "mostBodyBytesAtOnce">,
    metrics: Pick<Metrics, "received">,
  ) {
    this.#room = new BodyRoom(limits, (bytes) => metrics.received(bytes));
  }

  /**
   * Reads a body that has not been touched yet. Its bytes count until `release`, or until the answer is sent.
   *
   * @param mostBytes refused by `Content-Length` where there is one, else cut
   * @param what how messages call it
   * @throws HttpError too-large, too-slow, busy, closing, or bad-request where the client went away meanwhile
   */
  async read(
    request: FastifyRequest,
    reply: FastifyReply,
    mostBytes: number,
    what: string,
  ): Promise<Uint8Array> {
    const body = this.#room.for(what, mostBytes, request.headers["content-length"]);
    if (!isStream(request.body)) return new Uint8Array();
    this.#held.set(request, body);
    finished(reply.raw, () => this.release(request));
    const until = { seconds: this.limits.bodySeconds, ended: this.#ended.signal };
    await readChunks(request.body, until, what, (chunk) => body.take(chunk));
    return body.whole();
  }

  /** A hook before validation that reads JSON. It throws as `read` and `jsonInBody` do. */
  asJson(body: JsonBody) {
    return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      const bytes = await this.read(request, reply, body.mostBytes, body.what);
      request.body = await jsonInBody(body, bytes, () => setImmediate());
    };
  }

  /** Takes no more of any body. */
  end(): void {
    this.#ended.abort();
  }

  /** The bytes of a request's body count no longer: they are in the store, or of no use any more. */
  release(request: FastifyRequest): void {
    this.#held.get(request)?.release();
    this.#held.delete(request);
  }
}

const isStream = (body: unknown): body is Readable =>
  typeof (body as Partial<Readable> | undefined)?.on === "function";

function readChunks(
  stream: Readable,
  { seconds, ended }: { readonly seconds: number; readonly ended: AbortSignal },
  what: string,
  take: (chunk: Buffer) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: Error) => {
      clearTimeout(timer);
      ended.removeEventListener("abort", onClosing);
      stream.off("data", onData).off("end", onEnd).off("error", onGone).off("close", onGone);
      // Who destroyed the stream would close the connection before it says why.
      if (error) reject(error);
      else resolve();
    };
    const onData = (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        end(error as Error);
      }
    };
    const onEnd = () => end();
    const onGone = () => end(new HttpError("bad-request", `${what}: it was cut off`));
    const late = new HttpError("too-slow", `${what}: expected all of it within ${seconds} s`);
    const timer = setTimeout(() => end(late), seconds * 1000);
    const onClosing = () => end(closingError());
    ended.addEventListener("abort", onClosing);
    if (ended.aborted) onClosing();
    else if (stream.destroyed) onGone();
    else stream.on("data", onData).on("end", onEnd).on("error", onGone).on("close", onGone);
  });
}

/** Lets a client that was refused before it had sent everything read why, and then cuts it off. */
export function cutAfter({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return;
  finished(reply.raw, () => {
    const timer = setTimeout(() => raw.destroy(), lingerSeconds * 1000).unref();
    raw.once("end", () => clearTimeout(timer)).once("close", () => clearTimeout(timer));
    raw.on("error", () => undefined).resume();
  });
}
