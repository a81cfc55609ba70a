import { BodyRoom, type BodyInRoom } from "../../rest/body-room.js";
import { computeRoutes } from "../../rest/compute-routes.js";
import { HttpError, closingError, httpErrorOf, requireNoEncoding } from "../../rest/http-error.js";
import { jobRoutes } from "../../rest/job-routes.js";
import { jsonInBody } from "../../rest/json-body.js";
import { logFields, type LogSink } from "../../rest/log.js";
import { modelRoutes } from "../../rest/model-routes.js";
import type { Answer, Asked, Route } from "../../rest/route.js";
import type { Service } from "../../rest/service.js";
import { sessionRoutes } from "../../rest/session-routes.js";
import { statusRoutes } from "../../rest/status-routes.js";
import { readPieces } from "./request-body.js";
import { checked, decoded, isWithoutBody, jsonType, parametersIn, queryOf } from "./request-parts.js";

/** Numbers in lines of the log, as Node's server has them. */
const [information, mistake] = [30, 50];

/** Answers requests by the service's routes. */
export class PageApp {
  readonly #routes: readonly Route[];
  readonly #room: BodyRoom;
  readonly #closing = new AbortController();
  readonly #answering = new Set<Promise<Response>>();

  constructor(
    private readonly service: Service,
    private readonly log?: LogSink,
  ) {
    this.#room = new BodyRoom(service.limits);
    this.#routes = [
      ...Object.values(statusRoutes(() => this.#isClosing)),
      ...Object.values(modelRoutes(service)),
      ...Object.values(computeRoutes(service)),
      ...Object.values(sessionRoutes(service)),
      ...Object.values(jobRoutes(service)),
    ];
  }

  get #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }

  answer(request: Request): Promise<Response> {
    const answering = this.#answer(request);
    this.#answering.add(answering);
    return answering.finally(() => this.#answering.delete(answering));
  }

  /** Takes nothing new, finishes what was accepted, and closes the engine, too. */
  async close(): Promise<void> {
    const { engine, answers, limits } = this.service;
    this.#closing.abort();
    await engine.drain();
    await answers.allFetched(limits.closingSeconds);
    await Promise.allSettled(this.#answering);
    await engine[Symbol.asyncDispose]();
  }

  async #answer(request: Request): Promise<Response> {
    const started = performance.now();
    const { method } = request;
    const { pathname } = new URL(request.url);
    const route = this.#routes.find((one) => one.method === method && parametersIn(one.url, pathname));
    const given = route && parametersIn(route.url, pathname);
    const { status, headers, content } = await this.#answerOf(request, route, given).catch((error: unknown) =>
      this.#refusal(error),
    );
    const body = content instanceof Uint8Array ? content : content && utf8(JSON.stringify(content));
    const milliseconds = performance.now() - started;
    const facts = { method, route: route?.url ?? "none", params: given, status, milliseconds };
    this.#write(information, logFields({ ...facts, sentBytes: body?.length ?? 0 }));
    return new Response(body as BodyInit | undefined, {
      status,
      headers: {
        ...(body && { "content-type": jsonType, "content-length": String(body.length) }),
        ...headers,
      },
    });
  }

  async #answerOf(
    request: Request,
    route: Route | undefined,
    given: Readonly<Record<string, string>> | undefined,
  ): Promise<Answer> {
    const { method, headers } = request;
    if (this.#isClosing && route?.takesWork) throw closingError();
    requireNoEncoding(method, headers.get("content-encoding") ?? undefined);
    if (!route) {
      const known = this.#routes.map((one) => `${one.method} ${one.url}`).join(", ");
      throw new HttpError(
        "unknown-route",
        `there is no such address for ${method}; in a page there are ${known}`,
      );
    }
    const isEmpty = method === "GET" || (await isWithoutBody(request, route));
    let held: BodyInRoom | undefined;
    const readBody = async (mostBytes: number, what: string) => {
      held = this.#room.for(what, mostBytes);
      if (isEmpty) return new Uint8Array();
      const until = { seconds: this.service.limits.bodySeconds, ended: this.#closing.signal };
      await readPieces(request, until, what, held.take);
      return held.whole();
    };
    try {
      const { params, query, body } = route;
      const jsonBody = typeof body === "object" ? body : undefined;
      const json =
        jsonBody && (await jsonInBody(jsonBody, await readBody(jsonBody.mostBytes, jsonBody.what), turn));
      const asked: Asked = {
        params: params && checked(params, "params", decoded(given!)),
        json: jsonBody && checked(jsonBody.schema, "body", json),
        query: query && checked(query, "querystring", queryOf(request)),
        from: "page",
        gone: request.signal,
        readBody,
        releaseBody: () => held?.release(),
      };
      return await route.answer(asked);
    } finally {
      held?.release();
    }
  }

  #refusal(error: unknown): Answer {
    const refused = httpErrorOf(error);
    if (refused.code === "internal") {
      const { message, stack } = error as Error;
      this.#write(mistake, { err: { message, stack }, msg: message });
    }
    return {
      status: refused.status,
      headers: { ...refused.headers, "content-type": jsonType },
      content: utf8(refused.text),
    };
  }

  #write(level: number, fields: object): void {
    this.log?.write(`${JSON.stringify({ level, time: Date.now(), ...fields })}\n`);
  }
}

/** Others have their turn. */
const turn = () => new Promise((resolve) => setTimeout(resolve));

const utf8 = (text: string) => new TextEncoder().encode(text);
