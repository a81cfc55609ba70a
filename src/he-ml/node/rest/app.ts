import bearerAuth from "@fastify/bearer-auth";
import cors from "@fastify/cors";
import { LogController, fastify, type FastifyError, type FastifyReply, type FastifyRequest } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import type { Socket } from "node:net";
import type { Engine } from "../../engine/engine.js";
import { bytesType, refusals, routes, timingHeader } from "../../network/protocol.js";
import { Answers } from "../../rest/answers.js";
import { HttpError, closingError, refusalText, requireNoEncoding } from "../../rest/http-error.js";
import { mostParamLength, type Limits } from "../../rest/limits.js";
import type { LogSink } from "../../rest/log.js";
import type { ServedModels } from "../../rest/models.js";
import type { App, SchemaTypes } from "./app-types.js";
import { Bodies, cutAfter } from "./bodies.js";
import { carryCompute } from "./compute-routes.js";
import { refusalOf } from "./http-error.js";
import { carryJobs } from "./job-routes.js";
import { logRequest, loggerOptions } from "./log.js";
import { Metrics } from "./metrics.js";
import { carryModels } from "./model-routes.js";
import { describeRoutes } from "./openapi.js";
import type { HttpService } from "./service.js";
import { carrySessions } from "./session-routes.js";
import { carryStatus } from "./status-routes.js";

export interface AppOptions {
  readonly engine: Engine;
  readonly models: ServedModels;
  readonly limits: Limits;
  /** Whoever has one may use the server; everybody if left out. */
  readonly tokens?: readonly string[];
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Origins whose pages may use the server. */
  readonly cors?: readonly string[];
  /** Where a line of JSON goes for each request; nowhere if left out. */
  readonly log?: LogSink;
}

/** The routes, and how they are ended. */
export interface StartedApp {
  readonly app: App;
  /** Takes nothing new, finishes what was accepted, and closes the engine, too; once, however often it is called. */
  readonly close: () => Promise<void>;
}

/** Node's own timeouts are checked now and then only. */
const connectionsCheckingInterval = 1000;
/** Node's timeout for a whole request lies behind that for its body, which says why. */
const spareSeconds = 10;

/** The HTTP server, not listening yet. */
export async function buildApp(options: AppOptions): Promise<StartedApp> {
  const { engine, models, limits } = options;
  const { headerSeconds, bodySeconds } = limits;
  const http = { headersTimeout: headerSeconds * 1000, connectionsCheckingInterval };
  const app = fastify({
    ...(options.tls ? { https: { ...options.tls, ...http } } : { http }),
    logger: loggerOptions(options.log),
    logController: new LogController({ disableRequestLogging: true }),
    requestTimeout: (headerSeconds + bodySeconds + spareSeconds) * 1000,
    keepAliveTimeout: 10_000,
    exposeHeadRoutes: false,
    // Longer ones than any route takes are refused by its schema.
    routerOptions: { maxParamLength: mostParamLength },
    frameworkErrors: refuseAddress,
    clientErrorHandler: refuseUnreadable,
  }).withTypeProvider<SchemaTypes>() as App;
  app.server.maxConnections = limits.mostConnections;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);

  const metrics = new Metrics(engine);
  const bodies = new Bodies(limits, metrics);
  const service: HttpService = {
    ...{ engine, models, limits, metrics, bodies, answers: new Answers() },
    onJob: (queue, evaluate) => metrics.job(queue, evaluate),
  };
  let closing = false;

  refuseByErrors(app);
  const answering = new Set<FastifyRequest>();
  app.addHook("onRequest", async (request) => void answering.add(request));
  app.addHook("onResponse", async (request, reply) => {
    answering.delete(request);
    logRequest(request, reply, metrics);
  });
  // Node sets the timeout anew for each request. There is no socket where a request is injected.
  app.addHook("onSend", async ({ raw }) => void raw.socket.setTimeout?.(limits.sendSeconds * 1000));
  if (options.cors) await allowOrigins(app, options.cors);
  if (options.tokens) await requireToken(app, options.tokens);
  app.addHook("onRequest", async ({ headers, method, routeOptions }) => {
    if (closing && routeOptions.config.takesWork) throw closingError();
    requireNoEncoding(method, headers["content-encoding"]);
  });

  await describeRoutes(app, options.tokens !== undefined);
  await app.register(async (scope: App) => {
    await carryStatus(scope, service, () => closing);
  });
  await app.register(async (scope: App) => {
    takeBodiesOf(scope, "application/json");
    await carryModels(scope, service);
    await carryCompute(scope, service);
  });
  await app.register(async (scope: App) => {
    takeBodiesOf(scope, bytesType);
    await carrySessions(scope, service);
    await carryJobs(scope, service);
  });
  await app.ready();

  const end = async () => {
    closing = true;
    bodies.end();
    await engine.drain();
    await service.answers.allFetched(limits.closingSeconds);
    await closeConnections();
    await engine[Symbol.asyncDispose]();
  };
  /** Once it closes, Node does not look any more whether requests come too slowly. */
  const closeConnections = async () => {
    const cut = setInterval(() => {
      if (answering.size === 0) app.server.closeAllConnections();
    }, headerSeconds * 1000);
    await app.close();
    clearInterval(cut);
  };
  let ended: Promise<void> | undefined;
  return { app, close: () => (ended ??= end()) };
}

/** Bodies of one content type, which are read by the handlers. */
function takeBodiesOf(scope: App, type: string): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(type, (_, payload, done) => done(null, payload));
}

function refuseByErrors(app: App): void {
  app.setErrorHandler((error, request, reply) => {
    const refused = refusalOf(error);
    if (refused.code === "internal") request.log.error({ err: error });
    cutAfter(request, reply);
    return reply.code(refused.status).headers(refused.headers).type("application/json").send(refused.text);
  });
  app.setNotFoundHandler(({ method }) => {
    throw new HttpError(
      "unknown-route",
      `there is no such address for ${method}; see ${routes.openapi} for those that there are`,
    );
  });
}

/** What is no request that Node can read. */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable) return void socket.destroy();
  const isLate = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
  const code = isLate ? "too-slow" : "bad-request";
  const text = refusalText(
    code,
    isLate ? "the request came too slowly" : `this is no HTTP request: ${error.code}`,
  );
  const head = [
    `HTTP/1.1 ${refusals[code].status} Refused`,
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(text)}`,
    "Connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${text}`);
}

/** What is no address that the router can read. */
function refuseAddress({ code }: FastifyError, _: FastifyRequest, reply: FastifyReply): void {
  void reply
    .code(refusals["bad-request"].status)
    .type("application/json")
    .send(refusalText("bad-request", `the address cannot be read: ${code}`));
}

async function allowOrigins(app: App, origins: readonly string[]): Promise<void> {
  await app.register(cors, {
    origin: [...origins],
    methods: ["GET", "POST", "PUT", "DELETE"],
    allowedHeaders: ["authorization", "content-type"],
    exposedHeaders: [timingHeader, "retry-after"],
    maxAge: 600,
  });
}

async function requireToken(app: App, tokens: readonly string[]): Promise<void> {
  // It compares in constant time.
  await app.register(bearerAuth, {
    keys: [...tokens],
    addHook: false,
    specCompliance: "rfc6749",
    verifyErrorLogLevel: "debug",
  });
  app.addHook("onRequest", (request, reply, done) => {
    if (isOpen(request.routeOptions.url)) return done();
    app.verifyBearerAuth!(request, reply, (error) =>
      done(
        error &&
          new HttpError("unauthorized", "expected a token that is known here, as Authorization: Bearer …"),
      ),
    );
  });
}

/** What tells nothing of models and their use, and what a browser or a load balancer cannot send a token for. */
const isOpen = (route = "") =>
  route === routes.health ||
  route === routes.openapi ||
  route === routes.docs ||
  route.startsWith(`${routes.docs}/`);
