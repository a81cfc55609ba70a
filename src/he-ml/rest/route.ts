import type * as z from "zod";

/** A request, whoever carried it. */
export interface Asked<P = unknown, Q = unknown, J = unknown> {
  /** Of the address. */
  readonly params: P;
  readonly query: Q;
  /** The body, where a route takes JSON. */
  readonly json: J;
  /** Where it comes from: whose turn it is, where nothing else tells. */
  readonly from: string;
  /** Aborts when whoever asked went away before the answer was there. */
  readonly gone: AbortSignal;
  /**
   * Reads the body, which has not been touched yet. Its bytes count until `releaseBody`, or until there is an answer.
   *
   * @param what how messages call it
   * @throws HttpError too-large, too-slow, busy, closing, or bad-request where whoever asked went away meanwhile
   */
  readBody(mostBytes: number, what: string): Promise<Uint8Array>;
  /** The body's bytes count no longer: they are in the store, or of no use any more. */
  releaseBody(): void;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes, or what is sent as JSON. */
  readonly content?: Uint8Array | object;
}

/** A body of JSON. */
export interface JsonBody<S extends z.ZodType = z.ZodType> {
  readonly schema: S;
  readonly mostBytes: number;
  /** How messages call it. */
  readonly what: string;
  /** Whether a JSON text that holds the JSON is taken, too. */
  readonly mayBeText?: boolean;
}

/** An address with a method: what it takes, and what it answers. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Of `routes`. */
  readonly url: string;
  /** A service that is about to end takes nothing new. */
  readonly takesWork?: boolean;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  /** `bytes` are read by whoever answers. */
  readonly body?: "bytes" | JsonBody;
  /** @throws whatever `httpErrorOf` understands */
  answer(asked: Asked): Promise<Answer>;
}

type OutputOf<S> = S extends z.ZodType ? z.output<S> : undefined;

/** A route whose answer gets what its schemas give out. */
export function route<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  J extends z.ZodType | undefined = undefined,
>(
  typed: Omit<Route, "params" | "query" | "body" | "answer"> & {
    readonly params?: P;
    readonly query?: Q;
    readonly body?: J extends z.ZodType ? JsonBody<J> : "bytes";
    answer(asked: Asked<OutputOf<P>, OutputOf<Q>, OutputOf<J>>): Promise<Answer>;
  },
): Route {
  return typed as unknown as Route;
}
