import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { evaluationKeyBytes, inputCiphertextBytes } from "../../../../src/he-ml/crypto/rotation-keys.js";
import {
  InputError,
  Server,
  compile,
  compileParts,
  checkParameters,
  loadModel,
  typicalCosts,
  type CompileOptions,
  type Program,
  type Session,
} from "../../../../src/he-ml/node/index.js";
import { JobExistsError, type Engine, type EngineStatus } from "../../../../src/he-ml/engine/engine.js";
import {
  QueueFullError,
  type CompiledPrograms,
  type HeldProgram,
  type JobOutcome,
  type LayersRequest,
  type ModelReference,
  type TaskResult,
} from "../../../../src/he-ml/engine/engine-types.js";
import type { ProgramRequest, SessionInfo } from "../../../../src/he-ml/network/protocol.js";
import { sizeOf } from "../../../../src/he-ml/tensor/tensor.js";

interface SmallJob {
  readonly input: Uint8Array;
  readonly end: Promise<void>;
  outcome: JobOutcome;
}

/** An engine in this thread, for what the routes do with one. `mostJobs` is the room in its queue. */
export class SmallEngine implements Engine {
  readonly #programs = new Map<string, { readonly held: HeldProgram; readonly server: Server }>();
  readonly #sessions = new Map<string, { readonly info: SessionInfo; readonly session: Session }>();
  readonly jobs = new Map<string, SmallJob>();
  /** What `runLayers` was called with. */
  readonly layers: { readonly request: LayersRequest; readonly input: readonly Uint8Array[] }[] = [];
  mostJobs = 100;
  /** Jobs wait for it. */
  gate: Promise<void> = Promise.resolve();
  /** What `runLayers` gives. */
  layersResult: (request: LayersRequest, input: readonly Uint8Array[]) => TaskResult = () => {
    throw new InputError("layers: none are computed here");
  };

  async compile({ path }: ModelReference, request: ProgramRequest): Promise<CompiledPrograms> {
    const { net, reencryptPositions, ...rest } = JSON.parse(JSON.stringify(request)) as ProgramRequest;
    const options = { ...rest, costs: typicalCosts } as CompileOptions;
    const model = await loadModel(path);
    const programs = reencryptPositions
      ? await compileParts(model, { ...options, reencryptPositions })
      : [await compile(model, options)];
    return { net, programs: await Promise.all(programs.map((program) => this.#hold(program))) };
  }

  async #hold(program: Program): Promise<HeldProgram> {
    const { digest, clientSpec } = program;
    const known = this.#programs.get(digest);
    if (known) return known.held;
    const parameters = checkParameters(clientSpec.parameters);
    const ciphertexts = clientSpec.slotLayout?.length ?? sizeOf(clientSpec.inputShape);
    const held = {
      ...{ digest, stored: digest },
      clientSpec: JSON.parse(JSON.stringify(clientSpec)) as HeldProgram["clientSpec"],
      keyBytes: evaluationKeyBytes(parameters, clientSpec),
      inputBytes: ciphertexts * inputCiphertextBytes(parameters),
    };
    this.#programs.set(digest, { held, server: await Server.start(program, { threads: 0 }) });
    return held;
  }

  async program(digest: string): Promise<HeldProgram | undefined> {
    return this.#programs.get(digest)?.held;
  }

  async openSession({ digest, keyBytes }: HeldProgram, keys: Uint8Array): Promise<SessionInfo> {
    const session = await this.#programs.get(digest)!.server.connect(keys);
    const info = { session: randomBytes(16).toString("hex"), program: digest, keyBytes, secondsToLive: 60 };
    this.#sessions.set(info.session, { info, session });
    return info;
  }

  async session(id: string): Promise<SessionInfo | undefined> {
    return this.#sessions.get(id)?.info;
  }

  async closeSession(id: string): Promise<boolean> {
    await this.#sessions.get(id)?.session.close();
    return this.#sessions.delete(id);
  }

  async run({ session: id }: SessionInfo, job: string, input: Uint8Array): Promise<void> {
    const { session } = this.#sessions.get(id)!;
    this.#add(job, input, async () => {
      const { response, traces } = await session.run(input);
      return { sections: [response], about: {}, traces, evaluateMilliseconds: 1 };
    });
  }

  async runLayers(
    _model: ModelReference,
    request: LayersRequest,
    job: string,
    input: readonly Uint8Array[],
  ): Promise<void> {
    this.layers.push({ request, input });
    this.#add(job, Buffer.concat(input), async () => this.layersResult(request, input));
  }

  #add(id: string, input: Uint8Array, work: () => Promise<TaskResult>): void {
    const known = this.jobs.get(id);
    if (known) {
      if (Buffer.compare(known.input, input) === 0) return;
      throw new JobExistsError(`there is a job ${id} with another input; choose another number`);
    }
    const waiting = [...this.jobs.values()].filter(({ outcome }) => outcome.state === "queued");
    if (waiting.length >= this.mostJobs) throw new QueueFullError(3);
    const job: SmallJob = {
      input,
      outcome: { state: "queued", before: waiting.length },
      end: this.gate.then(work).then(
        (result) => void (job.outcome = { state: "done", result, queueMilliseconds: 2 }),
        (error: Error) =>
          void (job.outcome =
            error instanceof InputError
              ? { state: "refused", reason: error.message }
              : { state: "failed", why: "died", reason: error.message }),
      ),
    };
    this.jobs.set(id, job);
  }

  async outcome(id: string, milliseconds: number, signal?: AbortSignal): Promise<JobOutcome | undefined> {
    const job = this.jobs.get(id);
    if (!job) return undefined;
    const late = new AbortController();
    const ends = AbortSignal.any([late.signal, ...(signal ? [signal] : [])]);
    await Promise.race([
      job.end,
      setTimeout(milliseconds, undefined, { signal: ends }).catch(() => undefined),
    ]);
    late.abort();
    return job.outcome;
  }

  async cancel(id: string): Promise<void> {
    this.jobs.delete(id);
  }

  async status(): Promise<EngineStatus> {
    return {
      ...{ queued: 0, running: 0, sessions: this.#sessions.size, bytes: { keys: 5 } },
      processes: { alive: 1, replaced: 0 },
    };
  }

  async drain(): Promise<void> {
    await Promise.all([...this.jobs.values()].map(({ end }) => end));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { server } of this.#programs.values()) await server.close();
  }
}
