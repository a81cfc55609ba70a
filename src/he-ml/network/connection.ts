import type * as z from "zod";
import { inWords, requireArgument } from "../arguments.js";
import { InputError } from "../errors.js";
import { readCapped } from "./capped-body.js";
import { answerCaps, requireModestJson } from "./json-caps.js";
import { errorBodySchema, type bytesType } from "./protocol.js";
import { PassingError, withRetries } from "./retries.js";
import { RefusedError, UnavailableError } from "./service-errors.js";

const mostErrorBytes = 2 ** 16;
/** An answer's head is waited for so long, beside what the server was asked to wait; and a body may go as slowly as this. */
const usualMilliseconds = 60_000;
const leastBytesPerMillisecond = 50;

/** Who is not there is not waited for as long as who is busy. */
const triesToReach = 5;

/** One request, and what may come back. */
export interface Ask {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Of `routes`, with its parameters put in by `pathOf`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: { readonly type: typeof bytesType | "application/json"; readonly bytes: Uint8Array };
  /** No answer is longer than that. */
  readonly mostBytes: number;
  /** How long the server may work before it answers. */
  readonly workMilliseconds?: number;
  /** Whether the same again does no harm where no answer came. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal;
  readonly onReceived?: (done: number, total: number) => void;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  /** Until the answer began, and until it was all there; of the last try. */
  readonly milliseconds: { readonly head: number; readonly body: number };
}

/** A server of HE-ML's by its address. Requests go by `fetch`, without cookies, and follow no one to another address. */
export class Connection {
  readonly #token?: string;

  private constructor(
    /** Without a slash at its end. */
    readonly url: string,
    token?: string,
  ) {
    this.#token = token;
  }

  /** @throws InputError if it is no address of a web server, or the token cannot be sent */
  static to(url: unknown, token?: unknown): Connection {
    const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
    const isWeb = parsed && /^https?:$/.test(parsed.protocol) && !parsed.search && !parsed.hash;
    requireArgument("server", isWeb !== undefined && isWeb, 'an address as "http://localhost:8000"', url);
    const isOpen = !parsed!.username && !parsed!.password;
    requireArgument(
      "server",
      isOpen,
      "an address without a name and a password; use a token",
      "one with them",
    );
    const isToken = token === undefined || (typeof token === "string" && /^[\x21-\x7e]+$/.test(token));
    requireArgument("token", isToken, "a word of visible ASCII characters", token && "something else");
    return new Connection(parsed!.href.replace(/\/+$/, ""), token as string | undefined);
  }

  /**
   * Asks until there is an answer, also where the server has no room for some time.
   *
   * @throws RefusedError if the server says no; InputError if its answer is none; UnavailableError if there is none, or the
   *   server failed; the signal's reason
   */
  ask(ask: Ask): Promise<Reply> {
    return withRetries(() => this.once(ask), ask.signal);
  }

  /** As `ask`, for an answer in JSON that fits a schema. */
  async json<S extends z.ZodType>(ask: Ask, schema: S): Promise<z.output<S>> {
    const { bytes } = await this.ask(ask);
    return this.read(ask, bytes, schema);
  }

  /** @throws InputError unless it is JSON that fits */
  read<S extends z.ZodType>(ask: Pick<Ask, "method" | "path">, bytes: Uint8Array, schema: S): z.output<S> {
    requireModestJson(`${this.#named(ask)}: its answer`, bytes, answerCaps);
    const parsed = schema.safeParse(jsonOf(bytes));
    if (parsed.success) return parsed.data;
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(
      `${this.#named(ask)}: its answer: ${path.map(String).join(".") || "the whole"}: ${visible(message)}; is it a server of HE-ML's, of this version?`,
    );
  }

  #named({ method, path }: Pick<Ask, "method" | "path">): string {
    return `${method} ${this.url}${path}`;
  }

  /** As `ask`, without another try. */
  async once(ask: Ask): Promise<Reply> {
    const { signal, body, workMilliseconds = 0 } = ask;
    signal?.throwIfAborted();
    const start = performance.now();
    const impatience = new AbortController();
    const patience =
      usualMilliseconds + workMilliseconds + (body?.bytes.length ?? 0) / leastBytesPerMillisecond;
    const timer = setTimeout(
      () => impatience.abort(new Error(`no answer in ${Math.round(patience / 1000)} s`)),
      patience,
    );
    try {
      const response = await this.#fetch(
        ask,
        signal ? AbortSignal.any([signal, impatience.signal]) : impatience.signal,
      );
      clearTimeout(timer);
      if (!response.ok) throw await this.#refusal(ask, response);
      const head = performance.now() - start;
      const bytes = await readCapped(this.#named(ask), response, ask.mostBytes, ask.onReceived);
      return {
        status: response.status,
        headers: response.headers,
        bytes,
        milliseconds: { head, body: performance.now() - start - head },
      };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof InputError || error instanceof UnavailableError) throw error;
      throw this.#unreachable(ask, error);
    } finally {
      clearTimeout(timer);
    }
  }

  #fetch({ method, path, query = {}, body }: Ask, signal: AbortSignal): Promise<Response> {
    const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const search = given.length > 0 ? `?${new URLSearchParams(given).toString()}` : "";
    return fetch(`${this.url}${path}${search}`, {
      method,
      headers: {
        ...(body && { "content-type": body.type }),
        ...(this.#token !== undefined && { authorization: `Bearer ${this.#token}` }),
      },
      body: body?.bytes as BodyInit | undefined,
      signal,
      // Keys and tokens are for this server, and for no other that it names.
      redirect: "manual",
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
  }

  /** What an answer says that is no success. */
  async #refusal(ask: Ask, response: Response): Promise<Error> {
    const { status, headers, type } = response;
    if (type === "opaqueredirect" || (status >= 300 && status < 400)) {
      await response.body?.cancel();
      return new InputError(
        `${this.#named(ask)}: it sends on to another address, where keys are not sent along; give that address itself`,
      );
    }
    const bytes = await readCapped(this.#named(ask), response, mostErrorBytes);
    const parsed = errorBodySchema.safeParse(jsonOf(bytes));
    const asked = retryAfter(headers.get("retry-after"));
    if (!parsed.success) {
      const got = `${this.#named(ask)}: got status ${status} (${inWords(headers.get("content-type") ?? "no type")})`;
      if (status === 503) return new PassingError(got, { afterMilliseconds: asked });
      return status >= 500
        ? new UnavailableError(got)
        : new InputError(`${got}, not an answer of HE-ML's service; check the address`);
    }
    const { code } = parsed.data.error;
    const message = `${this.url}: ${visible(parsed.data.error.message)}`;
    if (status === 503) return new PassingError(message, { afterMilliseconds: asked });
    if (code === "too-slow" && ask.repeatable) return new PassingError(message);
    if (status >= 500 || code === "job-failed" || code === "too-slow") return new UnavailableError(message);
    return new RefusedError(message, code);
  }

  #unreachable(ask: Ask, cause: unknown): Error {
    if (untrusted.test(codeOf(cause))) {
      return new InputError(
        `${this.url} shows a certificate that is not trusted here: ${visible(reasonOf(cause))}; where it is the right one, ` +
          `start Node with NODE_EXTRA_CA_CERTS=certificate.pem`,
      );
    }
    const message =
      `${this.url} cannot be reached: ${visible(reasonOf(cause))}; check that the server runs there and, in a page, that it was ` +
      `started with this page's origin as one that may ask it (CORS)`;
    return ask.repeatable
      ? new PassingError(message, { mostTries: triesToReach, cause })
      : new UnavailableError(message, { cause });
  }
}

/** A route with its parameters. @example pathOf(routes.session, { session }) */
export function pathOf(route: string, parameters: Readonly<Record<string, string>> = {}): string {
  return route.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(parameters[name]));
}

/** What a client says, as JSON. */
export const jsonBody = (value: unknown) =>
  ({ type: "application/json", bytes: new TextEncoder().encode(JSON.stringify(value)) }) as const;

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Milliseconds, by a header that gives seconds. */
function retryAfter(header: string | null): number {
  const seconds = Number(header ?? 0);
  return seconds > 0 && Number.isFinite(seconds) ? 1000 * seconds : 0;
}

/** Node hides the reason behind "fetch failed". */
function reasonOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { message, code, cause } = error as Readonly<Record<"message" | "code" | "cause", unknown>>;
  return reasonOf(cause) || String(message || code || error);
}

/** Node's words for certificates that do not do, such as `DEPTH_ZERO_SELF_SIGNED_CERT` and `ERR_TLS_CERT_ALTNAME_INVALID`. */
const untrusted = /CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE/;

function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const { code, cause } = error as Readonly<Record<"code" | "cause", unknown>>;
  return codeOf(cause) || (typeof code === "string" ? code : "");
}

/** Words of another's, on one line and without what a terminal would obey. */
function visible(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
  return line.length > 2000 ? `${line.slice(0, 2000)}…` : line;
}
