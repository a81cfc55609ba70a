import { Command } from "commander";
import { isIP } from "node:net";
import { InputError } from "../he-ml/errors.js";
import { readUserFile } from "../he-ml/node/files/user-file.js";
import { requirePackages } from "../he-ml/node/optional-packages.js";
import type { ServeOptions } from "../he-ml/node/rest/serve.js";
import { wholeNumber } from "./arguments.js";
import type { CommandIo } from "./command-io.js";

interface ServeCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly config?: string;
  readonly tokenFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly cors?: readonly string[];
  readonly processes?: number;
  readonly redis?: string;
  readonly json?: boolean;
}

/** Files of tokens, certificates and keys have some kilobytes. */
const mostMebibytes = 1;

/** `he-ml serve`: the HTTP server. */
export function serveCommand(io: CommandIo): Command {
  return new Command("serve")
    .description("serve models over HTTP: clients send encrypted images, and keep the key that decrypts")
    .option("--port <p>", "port to listen on, 0 for any that is free", wholeNumber(0, 65_535), 8000)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option(
      "--config <file>",
      'models and limits, as JSON: {"models": [{"name", "path", "aliases", "reencryptPositions"}], "limits": {…}, "engine": {…}}',
    )
    .option("--token-file <file>", "only for clients that send one of the tokens in this file, one a line")
    .option("--tls-cert <file>", "serve HTTPS with this certificate chain (PEM)")
    .option("--tls-key <file>", "its private key (PEM)")
    .option("--cors <origin...>", "origins whose pages may use the server, as https://example.org")
    .option(
      "--processes <n>",
      "processes that compute (default: one a core, at most 4); with --redis they are the workers'",
      wholeNumber(1, 256),
    )
    .option(
      "--redis <url>",
      "keep sessions and jobs there, and have he-ml worker compute; as redis://127.0.0.1:6379",
    )
    .option("--json", "print the address as JSON")
    .action((options: ServeCommandOptions) => run(options, io));
}

async function run(options: ServeCommandOptions, { stdout, stderr, signal }: CommandIo): Promise<void> {
  requirePackages("service");
  const { port, host, processes, redis, json, cors } = options;
  const [{ serve }, { readConfig }] = await Promise.all([
    import("../he-ml/node/rest/serve.js"),
    import("../he-ml/node/rest/config.js"),
  ]);
  const given: ServeOptions = {
    ...{ port, host, processes, redis, cors, log: stderr },
    config: options.config === undefined ? undefined : await readConfig(options.config),
    tokens: options.tokenFile === undefined ? undefined : await readTokens(options.tokenFile),
    tls: await readTls(options),
  };
  if (!isLoopback(host) && !(given.tokens && given.tls)) {
    stderr.write(
      `he-ml: serve: ${host} is open to other machines, without ${given.tls ? "tokens" : given.tokens ? "TLS" : "TLS and tokens"}: ` +
        `whoever reaches it can use it; see --token-file, --tls-cert and --tls-key\n`,
    );
  }
  const server = await serve(given);
  const { url, models } = server;
  stdout.write(json ? `${JSON.stringify({ url })}\n` : `Serving ${models.join(", ")} at ${url}\n`);
  await stopped(signal);
  await server.close();
}

/** The first signal ends a server or worker in an orderly way; at a second one the process ends at once. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

const isLoopback = (host: string) =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

async function readTokens(path: string): Promise<string[]> {
  const text = (await readUserFile("--token-file", path, mostMebibytes)).toString("utf8");
  const tokens = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const { tokenSchema } = await import("../he-ml/node/rest/serve-options.js");
  const wrong = tokens.findIndex((token) => !tokenSchema.safeParse(token).success);
  if (tokens.length > 0 && wrong < 0) return tokens;
  throw new InputError(
    tokens.length === 0
      ? `--token-file: "${path}" has no token; write one a line`
      : `--token-file: "${path}": token ${wrong + 1}: expected 16 to 1024 printable characters without spaces`,
  );
}

async function readTls({ tlsCert, tlsKey }: ServeCommandOptions): Promise<ServeOptions["tls"]> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new InputError("serve: --tls-cert and --tls-key belong together; give both");
  }
  const [cert, key] = await Promise.all([
    readUserFile("--tls-cert", tlsCert, mostMebibytes),
    readUserFile("--tls-key", tlsKey, mostMebibytes),
  ]);
  return { cert: cert.toString("utf8"), key: key.toString("utf8") };
}
