import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { Agent, request, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { programsSchema, sessionInfoSchema } from "../network/protocol.js";
import { Client } from "../service/client.js";
import { timed } from "../service/timed.js";
import { zeros } from "../tensor/tensor.js";

const command = fileURLToPath(new URL("../../../bin/he-ml.js", import.meta.url));

/** `he-ml serve` in a process of its own, with a session, and requests to post to it. */
export class ServiceLoad implements AsyncDisposable {
  private constructor(
    private readonly server: ServerProcess,
    private readonly session: string,
    readonly client: Client,
    readonly requests: readonly Uint8Array[],
  ) {}

  /**
   * @param digest of the program that the service is to come to by itself, too
   * @param count of requests
   */
  static async start(
    model: string,
    digest: string,
    { processes, count }: { readonly processes: number; readonly count: number },
  ): Promise<ServiceLoad> {
    const server = await ServerProcess.start(processes);
    try {
      const { programs } = programsSchema.parse(await server.json("GET", `/models/${model}`));
      const { clientSpec } = programs[0];
      if (clientSpec.digest !== digest) throw new Error(`bench: the service planned "${model}" otherwise`);
      const client = await Client.create(clientSpec);
      const opened = await server.json("POST", `/sessions?program=${digest}`, client.evaluationKeys);
      const { session } = sessionInfoSchema.parse(opened);
      const image = zeros(clientSpec.inputShape);
      const requests = Array.from({ length: count }, () => client.encrypt(image));
      return new ServiceLoad(server, session, client, requests);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Posts all requests, so many at once. @returns what each took, in milliseconds */
  async run(width: number, signal?: AbortSignal): Promise<number[]> {
    const left = [...this.requests];
    const taken: number[] = [];
    const postNext = async (): Promise<void> => {
      for (let body = left.pop(); body; body = left.pop()) {
        signal?.throwIfAborted();
        const path = `/sessions/${this.session}/jobs/${crypto.randomUUID()}?wait=60`;
        const [, milliseconds] = await timed(() => this.server.send("PUT", path, body));
        taken.push(milliseconds);
      }
    };
    await Promise.all(Array.from({ length: width }, postNext));
    return taken;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server[Symbol.asyncDispose]();
  }
}

class ServerProcess implements AsyncDisposable {
  /** `fetch` copies each body some times over, and what is to be measured is the server. */
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly child: ChildProcess,
    private readonly url: string,
  ) {}

  static async start(processes: number): Promise<ServerProcess> {
    const options = ["--port", "0", "--json", "--processes", String(processes)];
    const child = spawn(process.execPath, [command, "serve", ...options], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const ended = once(child, "exit").then(() => undefined);
    const printed = once(child.stdout, "data").then(([line]: Buffer[]) => line.toString());
    const line = await Promise.race([printed, ended]);
    if (line === undefined) throw new Error("bench: he-ml serve did not start; start it by hand to see why");
    const { url } = JSON.parse(line) as { url: string };
    return new ServerProcess(child, url);
  }

  async json(method: string, path: string, body?: Uint8Array): Promise<unknown> {
    return JSON.parse((await this.send(method, path, body)).toString()) as unknown;
  }

  /** @throws Error unless it answers with a status of success */
  async send(method: string, path: string, body: Uint8Array = new Uint8Array()): Promise<Buffer> {
    const headers = { "content-type": "application/octet-stream", "content-length": body.length };
    const sent = request(new URL(path, this.url), { method, headers, agent: this.#agent });
    sent.end(body);
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const answer = await buffer(response);
    if (response.statusCode! < 300) return answer;
    throw new Error(`bench: the service answered ${response.statusCode}: ${answer.toString()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent.destroy();
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill();
    await ended;
  }
}
