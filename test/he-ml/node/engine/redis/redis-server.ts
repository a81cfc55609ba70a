import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";

/** Debian's redis-server on a free port of this machine, which loses nothing that it has confirmed. */
export class RedisServer implements AsyncDisposable {
  #child?: ChildProcess;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly options: readonly string[],
  ) {}

  static async start(...options: readonly string[]): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), "redis-"));
    const server = new RedisServer(await freePort(), folder, options);
    await server.start();
    return server;
  }

  /** With the password of `--requirepass`, if it was started with one. */
  get url(): string {
    const [, password] = this.options[0] === "--requirepass" ? this.options : [];
    return `redis://${password ? `:${password}@` : ""}127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const durable = ["--appendonly", "yes", "--appendfsync", "always", "--save", ""];
    const place = ["--bind", "127.0.0.1", "--port", String(this.port), "--dir", this.folder];
    this.#child = spawn("redis-server", [...place, ...durable, ...this.options], { stdio: "ignore" });
    const failed = once(this.#child, "error").then(([error]) => Promise.reject(error as Error));
    await Promise.race([this.#answers(), failed]);
    failed.catch(() => undefined);
  }

  /** As a machine that loses its power. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  async restart(millisecondsAway = 0): Promise<void> {
    await this.kill();
    await delay(millisecondsAway);
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #answers(): Promise<void> {
    const client = new Redis(this.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on("error", () => undefined);
    await client.ping();
    client.disconnect();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
