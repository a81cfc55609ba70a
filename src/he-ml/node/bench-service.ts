import * as z from "zod";
import { requireList } from "../arguments.js";
import { InputError } from "../errors.js";
import { programsSchema, sessionInfoSchema } from "../network/protocol.js";
import { compile } from "../program/compile.js";
import type { Program } from "../program/program.js";
import { Client } from "../service/client.js";
import { timed } from "../service/timed.js";
import { zeros } from "../tensor/tensor.js";
import { thisMachine, type Machine } from "./calibration/machine-costs.js";
import { loadModel } from "./files/load-model.js";
import { median } from "./timed-program.js";
import { serve } from "./rest/serve.js";
import { Server } from "./server.js";

/** The service beside the library called directly, on the same requests in turn. */
export interface ServiceShare {
  /** That compute for the service. */
  readonly processes: number;
  /** Threads that share each request where the library is called directly; 0 for the calling one. */
  readonly threads: number;
  /** Requests that are under way at once in the service; the library has them one after the other. */
  readonly atOnce: number;
  /** Of the median round. */
  readonly directPerSecond: number;
  readonly servicePerSecond: number;
  /** `servicePerSecond / directPerSecond`, the median of the rounds' shares. */
  readonly share: number;
  /** From the first byte sent to the last received. */
  readonly milliseconds: { readonly p50: number; readonly p99: number };
}

/** What the service adds to the work itself, for one model in packing `packed`. */
export interface ServiceBench {
  readonly model: string;
  /** Requests of one round, encrypted beforehand. */
  readonly requests: number;
  readonly rounds: number;
  /** The service with one process, and the library in the calling thread. */
  readonly oneProcess: ServiceShare;
  /** Both as they are started without options: a process for each core, and threads that share each request. */
  readonly asUsual: ServiceShare;
}

/** What a benchmark of the service measured, as plain JSON. */
export interface ServiceBenchReport {
  readonly machine: Machine;
  readonly service: readonly ServiceBench[];
}

export interface ServiceBenchOptions {
  /** Of one round; 50 if left out. */
  readonly requests?: number;
  /** In each, the library and the service take their turn; 5 if left out. */
  readonly rounds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

/** As many as keep a process busy while others travel. */
const atOnceEach = 4;

/**
 * Measures the throughput of the HTTP service on loopback against that of the library called directly, on the same requests
 * in turn.
 *
 * @param names of models under `models/`
 * @throws InputError if there is no such model, or the service's packages are not installed
 * @example const { service } = await benchService(["lenet1"]);
 */
export async function benchService(
  names: readonly string[],
  options: ServiceBenchOptions = {},
): Promise<ServiceBenchReport> {
  requireList("benchService", names, "a list of models' names", (name) => typeof name === "string");
  checkOptions(options);
  const service: ServiceBench[] = [];
  for (const name of names) service.push(await benchOne(name, options));
  return { machine: await thisMachine(), service };
}

const optionsSchema = z.strictObject({
  requests: z.int().min(1).optional(),
  rounds: z.int().min(1).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onProgress: z.custom((value) => typeof value === "function", "expected a function").optional(),
} satisfies Record<keyof ServiceBenchOptions, z.ZodType>);

function checkOptions(options: ServiceBenchOptions): void {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`benchService: options: ${path.join(".") || "the whole"}: ${message}`);
}

async function benchOne(
  name: string,
  { requests = 50, rounds = 5, signal, onProgress }: ServiceBenchOptions,
): Promise<ServiceBench> {
  const program = await compile(await loadModel(name));
  const { cores } = await thisMachine();
  const compare = async (server: Server, processes: number, offset: number): Promise<ServiceShare> => {
    await using direct = server;
    await using posted = await Posted.start(program, name, { processes, requests });
    const session = await direct.connect(posted.client.evaluationKeys);
    const atOnce = processes * atOnceEach;
    const runDirectly = async () => {
      for (const request of posted.requests) {
        signal?.throwIfAborted();
        await session.run(request);
      }
    };
    // V8 compiles WASM anew, and better, once it has run for a while.
    await runDirectly();
    await posted.run(atOnce, signal);
    const [directly, served, latencies]: [number[], number[], number[]] = [[], [], []];
    for (let round = 0; round < rounds; round++) {
      directly.push((await timed(runDirectly))[1]);
      const [taken, milliseconds] = await timed(() => posted.run(atOnce, signal));
      served.push(milliseconds);
      latencies.push(...taken);
      onProgress?.(name, offset + round + 1, 2 * rounds);
    }
    const perSecond = (milliseconds: number) => (1000 * requests) / milliseconds;
    return {
      ...{ processes, threads: direct.threads, atOnce },
      directPerSecond: perSecond(median(directly)),
      servicePerSecond: perSecond(median(served)),
      share: median(directly.map((milliseconds, i) => milliseconds / served[i])),
      milliseconds: { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
    };
  };
  const oneProcess = await compare(await Server.start(program, { threads: 0 }), 1, 0);
  const asUsual = await compare(await Server.start(program), cores, rounds);
  return { model: name, requests, rounds, oneProcess, asUsual };
}

/** A service on loopback with a session, and requests to post to it. */
class Posted implements AsyncDisposable {
  private constructor(
    private readonly server: Awaited<ReturnType<typeof serve>>,
    private readonly session: string,
    readonly client: Client,
    readonly requests: readonly Uint8Array[],
  ) {}

  static async start(
    { clientSpec: { digest } }: Program,
    name: string,
    { processes, requests }: { readonly processes: number; readonly requests: number },
  ): Promise<Posted> {
    const server = await serve({ processes, config: { models: [{ name }] } });
    try {
      const { programs } = programsSchema.parse(await json(await fetch(`${server.url}/models/${name}`)));
      const { clientSpec } = programs[0];
      if (clientSpec.digest !== digest) throw new Error(`bench: the service planned "${name}" otherwise`);
      const client = await Client.create(clientSpec);
      const opened = await fetch(
        `${server.url}/sessions?program=${digest}`,
        posted("POST", client.evaluationKeys),
      );
      const { session } = sessionInfoSchema.parse(await json(opened));
      const image = zeros(clientSpec.inputShape);
      const encrypted = Array.from({ length: requests }, () => client.encrypt(image));
      return new Posted(server, session, client, encrypted);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** Posts all requests, so many at once. @returns what each took, in milliseconds */
  async run(width: number, signal?: AbortSignal): Promise<number[]> {
    const left = [...this.requests];
    const taken: number[] = [];
    const postNext = async (): Promise<void> => {
      for (let request = left.pop(); request; request = left.pop()) {
        signal?.throwIfAborted();
        const url = `${this.server.url}/sessions/${this.session}/jobs/${crypto.randomUUID()}?wait=60`;
        const [answer, milliseconds] = await timed(async () => {
          const response = await fetch(url, posted("PUT", request));
          return { status: response.status, bytes: await response.arrayBuffer() };
        });
        if (answer.status !== 200) {
          throw new Error(
            `bench: the service answered ${answer.status}: ${new TextDecoder().decode(answer.bytes)}`,
          );
        }
        taken.push(milliseconds);
      }
    };
    await Promise.all(Array.from({ length: width }, postNext));
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

const posted = (method: string, body: Uint8Array): RequestInit => ({
  method,
  headers: { "content-type": "application/octet-stream" },
  body: body as BodyInit,
});

async function json(response: Response): Promise<unknown> {
  if (response.ok) return response.json();
  throw new Error(`bench: the service answered ${response.status}: ${await response.text()}`);
}

const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1];
