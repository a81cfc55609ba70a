import { InputError } from "../../errors.js";
import type { Engine } from "../engine/engine.js";
import { requirePackages } from "../optional-packages.js";
import { checkConfig, type ServeConfigInput } from "./config.js";
import { checkServeOptions } from "./serve-options.js";
import { startLocalEngine } from "../engine/start-engine.js";

export interface ServeOptions {
  /** Where it listens: this machine only, `127.0.0.1`, if left out. */
  readonly host?: string;
  /** Any that is free if left out, or 0. */
  readonly port?: number;
  /** Models and limits, as in the file of `he-ml serve --config`. */
  readonly config?: ServeConfigInput;
  /** Whoever sends one as `Authorization: Bearer …` may use the server; everybody if left out. */
  readonly tokens?: readonly string[];
  /** Certificate chain and private key, as PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Origins whose pages may use the server. */
  readonly cors?: readonly string[];
  /** Processes that compute. */
  readonly processes?: number;
  /** Where a line of JSON goes for each request; nowhere if left out. */
  readonly log?: NodeJS.WritableStream;
}

/** A server that listens. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  /** How many models it has. */
  readonly models: readonly string[];
  /** Takes nothing new, finishes what was accepted, and ends. */
  close(): Promise<void>;
}

/** As `serve`, on an engine that is ended with the server. */
export async function serveOn(
  startEngine: (options: ServeOptions) => Promise<Engine>,
  options: ServeOptions = {},
): Promise<RunningServer> {
  checkServeOptions(options);
  requirePackages("service");
  const [{ buildApp }, { Models }, { usualLimits }] = await Promise.all([
    import("./app.js"),
    import("./models.js"),
    import("./limits.js"),
  ]);
  const { host = "127.0.0.1", port = 0, config = {}, tokens, tls, cors, log } = options;
  const { models: configured, limits = usualLimits } = checkConfig("serve: config", config);
  const models = await Models.load(configured);
  const engine = await startEngine(options);
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
      `serve: ${host}:${port} cannot be listened on (${code}); choose another --port or --host`,
    );
  }
}

/**
 * Serves models over HTTP, on this machine's processes.
 *
 * @throws InputError if an option is wrong, a model cannot be served, or the address cannot be listened on
 * @example
 * await using server = await serve({ config: { models: [{ name: "lenet1" }] } });
 * await using remote = await RemoteModel.connect(server.url, "lenet1");
 */
export const serve = (options: ServeOptions = {}): Promise<RunningServer> =>
  serveOn(({ processes }) => startLocalEngine({ processes }), options);
