import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { requireArgument, isObject } from "../arguments.js";
import { parametersSpec, type ParametersSpec } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import { RemoteModel } from "../network/remote-model.js";
import type { Program } from "../program/program.js";
import type { AccuracyPlace, ChunkRun, ChunkRunner } from "../service/accuracy.js";
import { timed } from "../service/timed.js";
import type { Tensor } from "../tensor/tensor.js";
import { modelFile } from "./files/model-folder.js";
import type { RunningServer } from "../rest/running-server.js";

/** Whose workers compute, and what. */
export interface RedisShare {
  /** `redis://user:password@host:port/number`, or `rediss:` for TLS. */
  readonly url: string;
  /** The model's file, folder or name, as `loadModel` takes it; workers have it at the same path. */
  readonly model: string;
}

/** What is called so on the server of this process, which serves nothing else. */
const net = "measured";
/** Chunks on their way at once: a batch is hundreds of megabytes. */
const atOnce = { batch: 2, packed: 8, scalar: 8 } as const;

/**
 * Chunks go to the workers of a Redis by a server in this process, which listens on this machine alone and for this process
 * alone: what `he-ml serve --redis` gives its clients, lost sessions and dying workers included, is had by being one of them.
 */
export function onRedisWorkers(
  share: RedisShare,
  { signal, onProgress }: { readonly signal?: AbortSignal; readonly onProgress?: ShowStep },
): AccuracyPlace {
  const isShare = isObject(share) && typeof share.url === "string" && typeof share.model === "string";
  requireArgument("accuracy: redis", isShare, "where workers are, as { url, model }", share);
  return {
    evaluatorOf: (program) => Promise.resolve(program.evaluator),
    start: (program) => WorkersRunner.start(share, program, signal, onProgress),
  };
}

type ShowStep = (step: string, done: number, total: number) => void;

class WorkersRunner implements ChunkRunner {
  readonly threads = null;

  private constructor(
    private readonly server: RunningServer,
    private readonly remote: RemoteModel,
    readonly setupMilliseconds: ChunkRunner["setupMilliseconds"],
    readonly atOnce: number,
  ) {}

  static async start(
    { url, model }: RedisShare,
    program: Program,
    signal?: AbortSignal,
    onProgress?: ShowStep,
  ): Promise<WorkersRunner> {
    const path = resolve(await modelFile(model));
    const { serve } = await import("./rest/serve.js");
    const token = randomBytes(24).toString("hex");
    const [server, starting] = await timed(() =>
      serve({ redis: url, tokens: [token], config: { models: [{ name: net, path }] } }),
    );
    try {
      onProgress?.("workers", 0, 1);
      const [remote, connecting] = await timed(() => connected(server.url, token, program, signal));
      const setup = { keys: connecting, server: starting };
      return new WorkersRunner(server, remote, setup, atOnce[program.packing]);
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  async run(images: Tensor, signal?: AbortSignal): Promise<ChunkRun> {
    const { logits, milliseconds } = await this.remote.infer(images, { signal });
    const { encrypt, upload, queue, evaluate, download, decrypt } = milliseconds;
    return { logits, milliseconds: { encrypt, travel: upload + queue + download, evaluate, decrypt } };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remote.close();
    await this.server.close();
  }
}

/** @throws InputError unless workers compile the very program whose room was checked here */
async function connected(
  url: string,
  token: string,
  { packing, parameters, digest }: Program,
  signal?: AbortSignal,
): Promise<RemoteModel> {
  // Given parameters lead to another program than the same ones that were chosen: it is not known which it was.
  const asked: readonly (ParametersSpec | undefined)[] = [undefined, parametersSpec(parameters)];
  let got = "";
  for (const spec of asked) {
    const remote = await RemoteModel.connect(url, net, { packing, parameters: spec, token, signal });
    got = remote.specs.map((one) => one.digest).join(", ");
    if (got === digest) return remote;
    await remote.close();
  }
  throw new InputError(
    `accuracy: redis: expected workers to compile program ${digest.slice(0, 12)}…, got ${got.slice(0, 12)}…; compile it by ` +
      `{ packing, costs: typicalCosts }, with no samples, and let workers have the same model and version`,
  );
}
