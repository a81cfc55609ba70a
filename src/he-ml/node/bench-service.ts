import * as z from "zod";
import { requireList } from "../arguments.js";
import { InputError } from "../errors.js";
import { compile } from "../program/compile.js";
import { timed } from "../service/timed.js";
import { thisMachine, type Machine } from "./calibration/machine-costs.js";
import { loadModel } from "./files/load-model.js";
import { median } from "./timed-program.js";
import { Server } from "./server.js";
import { ServiceLoad } from "./service-load.js";

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
  /** In each, the library and the service take their turn; 10 if left out. */
  readonly rounds?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

/** As many as keep a process busy while others travel. */
const atOnceEach = 4;
const warmUpRounds = 3;

/**
 * Measures the throughput of `he-ml serve` on loopback against that of the library called directly, on the same requests
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
  { requests = 50, rounds = 10, signal, onProgress }: ServiceBenchOptions,
): Promise<ServiceBench> {
  const program = await compile(await loadModel(name));
  const { cores } = await thisMachine();
  const compare = async (server: Server, processes: number, offset: number): Promise<ServiceShare> => {
    await using direct = server;
    await using posted = await ServiceLoad.start(name, program.clientSpec.digest, {
      processes,
      count: requests,
    });
    const session = await direct.connect(posted.client.evaluationKeys);
    const atOnce = processes * atOnceEach;
    const runDirectly = async () => {
      for (const request of posted.requests) {
        signal?.throwIfAborted();
        await session.run(request);
      }
    };
    // V8 compiles anew, and better, what has run for a while; the service has more that does.
    for (let round = 0; round < warmUpRounds; round++) {
      await runDirectly();
      await posted.run(atOnce, signal);
    }
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

const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1];
