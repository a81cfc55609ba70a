import { sha256 } from "#sha256";
import { bytesToHex } from "@noble/hashes/utils.js";
import * as z from "zod";
import { digestSchema } from "../crypto/tensor-bytes.js";
import { InputError } from "../errors.js";
import { sessionInfoSchema, type ProgramRequest, type SessionInfo } from "../network/protocol.js";
import { programSeconds, type EngineSettings } from "./engine-options.js";
import type { Engine, EngineStatus } from "./engine.js";
import {
  EngineAwayError,
  TaskFailedError,
  type CompiledPrograms,
  type HeldProgram,
  type Job,
  type JobOutcome,
  type JobQueue,
  type LayersRequest,
  type ModelReference,
  type ProcessPool,
  type Store,
  type Task,
  type TaskResult,
} from "./engine-types.js";
import { Programs, type IdentityOf } from "./programs.js";
import { packSections } from "./sections.js";
import { TurnsBy } from "./turns-by.js";

const sessionRecordSchema = z.strictObject({
  info: sessionInfoSchema,
  /** Its program's name in the store. */
  stored: digestSchema,
});
type SessionRecord = z.output<typeof sessionRecordSchema>;

type Ended = Extract<JobOutcome, { readonly state: "done" | "refused" | "failed" }>;

const hasEnded = (outcome: JobOutcome): outcome is Ended =>
  outcome.state !== "queued" && outcome.state !== "running";

/** A header lists rotations, at most some thousands. */
const mostHeaderBytes = 2 ** 20;
const waitMilliseconds = 60_000;
/** Of the queue, for what is to be compiled: who asks for many programs at once leaves room for sessions. */
const compilingShare = 1 / 4;

/** Programs, sessions and jobs over any store and any queue. */
export class ServiceEngine implements Engine {
  readonly #programs: Programs;
  /** Jobs that are added, by id, so that no input is put in another's place. */
  readonly #adding = new TurnsBy();

  /**
   * @param processes those of this machine, if there are any
   * @param identityOf as `Programs` takes it
   */
  constructor(
    private readonly store: Store,
    private readonly queue: JobQueue,
    private readonly settings: EngineSettings,
    private readonly processes?: ProcessPool,
    identityOf?: IdentityOf,
  ) {
    this.#programs = new Programs(
      store,
      (id, owner, task, input) => this.#doTask({ id, owner, task }, input),
      Math.max(1, Math.floor(settings.mostQueued * compilingShare)),
      identityOf,
    );
  }

  compile(model: ModelReference, request: ProgramRequest): Promise<CompiledPrograms> {
    return this.#programs.compile(model, request);
  }

  program(digest: string): Promise<HeldProgram | undefined> {
    return this.#programs.find(digest);
  }

  async openSession({ digest }: HeldProgram, keys: Uint8Array, net?: string): Promise<SessionInfo> {
    const { stored, keyBytes } = await this.#programs.choose(digest, net);
    if (keys.length < keyBytes || keys.length > keyBytes + mostHeaderBytes) {
      throw new InputError(
        `session: expected evaluation keys of ${keyBytes} bytes and a header, got ${keys.length} in all; make them from the ` +
          `program's client specification, and send all of them`,
      );
    }
    const { sessionSeconds: secondsToLive } = this.settings;
    const session = bytesToHex(crypto.getRandomValues(new Uint8Array(16)));
    const task: Task = { kind: "keys", program: stored, session };
    await this.#doTask({ id: `keys-${session}`, owner: session, task }, keys);
    const info: SessionInfo = { session, program: digest, keyBytes: keys.length, secondsToLive };
    const record: SessionRecord = { info, stored };
    await this.store.put("keys", session, keys, secondsToLive);
    await this.store.put("session", session, new TextEncoder().encode(JSON.stringify(record)), secondsToLive);
    return info;
  }

  async session(id: string): Promise<SessionInfo | undefined> {
    return (await this.#session(id))?.info;
  }

  async closeSession(id: string): Promise<boolean> {
    const record = await this.store.get("session", id);
    await this.#endSession(id);
    return record !== undefined;
  }

  async run({ session }: SessionInfo, job: string, input: Uint8Array): Promise<void> {
    const record = await this.#session(session);
    if (!record) throw new InputError(`session: there is no session ${session} any more; open another`);
    await this.#add(
      { id: job, owner: session, task: { kind: "run", program: record.stored, session } },
      input,
    );
  }

  async runLayers(
    model: ModelReference,
    request: LayersRequest,
    job: string,
    input: readonly Uint8Array[],
    owner: string,
  ): Promise<void> {
    if (request.session !== undefined) await this.#requireSession(request.session);
    await this.#add({ id: job, owner, task: { kind: "layers", model, request } }, packSections({}, input));
  }

  outcome(job: string, milliseconds: number, signal?: AbortSignal): Promise<JobOutcome | undefined> {
    return this.queue.outcome(job, milliseconds, signal);
  }

  cancel(job: string): Promise<void> {
    return this.queue.cancel(job);
  }

  async status(): Promise<EngineStatus> {
    const [depth, usage] = await Promise.all([this.queue.depth(), this.store.usage()]);
    const { processes } = this;
    return {
      ...depth,
      sessions: usage.keys.entries,
      bytes: Object.fromEntries(Object.entries(usage).map(([kind, { bytes }]) => [kind, bytes])),
      processes: processes && { alive: processes.alive, replaced: processes.replaced },
    };
  }

  async drain(): Promise<void> {
    await this.queue.drain();
  }

  /** Stops at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue[Symbol.asyncDispose]();
    await this.processes?.[Symbol.asyncDispose]();
    await this.store[Symbol.asyncDispose]();
  }

  /** A session, with all that it needs; each lives on. */
  async #session(id: string): Promise<SessionRecord | undefined> {
    const { sessionSeconds } = this.settings;
    const bytes = await this.store.get("session", id, sessionSeconds);
    if (!bytes) return undefined;
    const record = sessionRecordSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    const isWhole = await Promise.all([
      this.store.touch("keys", id, sessionSeconds),
      this.store.touch("program", record.stored, programSeconds),
    ]);
    if (!isWhole.includes(false)) return record;
    await this.#endSession(id);
    return undefined;
  }

  /** @throws InputError if it is no more */
  async #requireSession(id: string): Promise<SessionRecord> {
    const record = await this.#session(id);
    if (record) return record;
    throw new InputError(`session: there is no session ${id} any more; open another`);
  }

  async #endSession(id: string): Promise<void> {
    await this.store.delete("session", id);
    await this.store.delete("keys", id);
    this.processes?.forget(id);
  }

  async #add(job: Job, input: Uint8Array): Promise<void> {
    const inputDigest = sha256(input);
    await this.#adding.take(job.id, () => this.#addInTurn({ ...job, inputDigest }, input));
  }

  async #addInTurn(job: Job, input?: Uint8Array): Promise<void> {
    const isKnown = (await this.queue.outcome(job.id, 0)) !== undefined;
    if (isKnown || !input) return this.queue.add(job);
    await this.store.put("input", job.id, input, this.#inputSeconds());
    try {
      await this.queue.add(job);
    } catch (error) {
      // It may have been added before the queue could not be reached.
      if (!(error instanceof EngineAwayError)) await this.store.delete("input", job.id);
      throw error;
    }
  }

  /** Does a task of the engine's own, and forgets it. */
  async #doTask(job: Job, input?: Uint8Array): Promise<TaskResult> {
    for (;;) {
      await this.#adding.take(job.id, () => this.#addInTurn(job, input));
      const outcome = await this.#end(job.id);
      // Who waited for the same beside us forgot it first.
      if (!outcome) continue;
      await this.queue.cancel(job.id);
      if (outcome.state === "done") return outcome.result;
      if (outcome.state === "refused") throw new InputError(outcome.reason);
      throw new TaskFailedError(outcome.why, outcome.reason);
    }
  }

  async #end(id: string): Promise<Ended | undefined> {
    for (;;) {
      const outcome = await this.queue.outcome(id, waitMilliseconds);
      if (!outcome || hasEnded(outcome)) return outcome;
    }
  }

  /** Longer than any job waits. */
  #inputSeconds(): number {
    const { mostQueued, jobSeconds } = this.settings;
    return (mostQueued + 3) * jobSeconds;
  }
}
