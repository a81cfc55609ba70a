import { InputError } from "../../errors.js";
import { checkConfig, type ServeConfigInput } from "../../rest/config.js";
import type { LogSink } from "../../rest/log.js";
import type { RunningServer } from "../../rest/running-server.js";
import { requirePackages } from "../optional-packages.js";
import { checkServeOptions } from "./serve-options.js";

export type { RunningServer };

export interface ServeOptions {
  /** Where it listens: this machine only, `127.0.0.1`, if left out. */
  readonly host?: string;
  /** Any that is free if left out, or 0. */
  readonly port?: number;
  /** Models and limits; the same as in the file of `he-ml serve --config`. */
  readonly config?: ServeConfigInput;
  /** Whoever sends one as `Authorization: Bearer …` may use the server; everybody if left out. */
  readonly tokens?: readonly string[];
  /** Certificate chain and private key, as PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Origins whose pages may use the server. */
  readonly cors?: readonly string[];
  /** Processes that compute: as many as there are cores if left out, at most four. */
  readonly processes?: number;
  /**
   * `redis://user:password@host:port/number`, or `rediss:` for TLS: sessions and jobs are kept there, for any number of servers, and
   * what is to be computed is computed by the workers there (`he-ml worker`).
   */
  readonly redis?: string;
  /** Where a line of JSON goes for each request; nowhere if left out. */
  readonly log?: LogSink;
}

/**
 * Serves models over HTTP: clients send encrypted images, and keep the key that decrypts. What is computed is computed in
 * processes beside this one, or by workers. Needs the packages of the service, which are optional.
 *
 * @throws InputError if an option, the configuration or a model cannot be used, or the address is taken
 * @example
 * const server = await serve({ config: { models: [{ name: "lenet1" }] } });
 * console.log(server.url); // http://127.0.0.1:41233
 * await server.close();
 */
export async function serve(options: ServeOptions = {}): Promise<RunningServer> {
  requirePackages("service");
  const { host, port, config, tokens, tls, cors, log, processes, redis } = checkServeOptions(options);
  const { models: configured, limits, engine: engineOptions } = checkConfig("serve: config", config);
  const [{ buildApp }, { Models }, { startLocalEngine }, { startRedisEngine }, { logLine }] =
    await Promise.all([
      import("./app.js"),
      import("./models.js"),
      import("../engine/start-engine.js"),
      import("../engine/redis/start-redis.js"),
      import("./log.js"),
    ]);
  const models = await Models.load(configured);
  const engine =
    redis === undefined
      ? await startLocalEngine({ ...engineOptions, ...(processes && { processes }) })
      : await startRedisEngine({ ...engineOptions, url: redis, report: (line) => logLine(log, line) });
  const { app, close } = await buildApp({ engine, models, limits, tokens, tls, cors, log });
  try {
    const url = await app.listen({ host, port });
    return {
      url,
      models: models.all.map(({ summary }) => summary.net),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new InputError(
      `serve: ${host}:${port} cannot be listened on (${code}); choose another port or host`,
    );
  }
}
