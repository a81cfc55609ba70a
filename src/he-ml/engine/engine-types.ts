import * as z from "zod";
import { digestSchema } from "../crypto/tensor-bytes.js";
import type { LayerTrace } from "../layers/trace.js";
import type { ProgramRequest } from "../network/protocol.js";
import { clientSpecSchema } from "../program/client-spec.js";
import { countSchema, type TypeOf } from "../schema.js";

// The parts of the engine behind the service, and what each promises the others:
//
//   Engine       what the HTTP server talks to: programs, sessions, jobs (engine.ts)
//     Store      bytes under names, which expire: in memory, or in Redis
//     JobQueue   tasks to be done, in a fair order: in memory with a pool beside it, or in Redis for workers anywhere
//   ProcessPool  does tasks in workers, which can be killed: processes, or Web Workers in a page; fetches what they need from a Store

/** What a store keeps. Programs, keys and results can be made again: where room is short, those least used go first. */
export const storeKinds = ["program", "compiled", "session", "keys", "input", "result"] as const;
/**
 * `program`: a Program's JSON, by the SHA-256 of that JSON (its own digest leaves the weights out: two models can have the same).
 * `compiled`: what a request was compiled to (JSON), by the request's digest. `session`: what a session is for (JSON), and `keys`: its
 * evaluation keys, by session. `input`: a job's input, by job. `result`: `TaskResult` or failure, by job.
 */
export type StoreKind = (typeof storeKinds)[number];

export interface Store extends AsyncDisposable {
  /**
   * Replaces what was there.
   *
   * @throws StoreFullError where there is no room, and nothing that may go
   */
  put(kind: StoreKind, id: string, bytes: Uint8Array, secondsToLive: number): Promise<void>;
  /** @param secondsToLive from now on; as before if left out */
  get(kind: StoreKind, id: string, secondsToLive?: number): Promise<Uint8Array | undefined>;
  /** Lets an entry live on without fetching it, and counts as its use. @returns whether it is there */
  touch(kind: StoreKind, id: string, secondsToLive: number): Promise<boolean>;
  delete(kind: StoreKind, id: string): Promise<void>;
  usage(): Promise<Readonly<Record<StoreKind, { readonly entries: number; readonly bytes: number }>>>;
}

/** What is done in a worker. Bytes that are needed are named, and fetched from the store. */
export type Task =
  /** Compiles, and stores each program. Its result's `about` is `CompiledPrograms`. */
  | { readonly kind: "compile"; readonly model: ModelReference; readonly request: ProgramRequest }
  /** Loads keys from `input`/job, and so checks them; whoever gave the task keeps them for the session then. @param program as it is stored */
  | { readonly kind: "keys"; readonly program: string; readonly session: string }
  /** Runs a program on `input`/job with the keys of a session; the result's only section is the response. */
  | { readonly kind: "run"; readonly program: string; readonly session: string }
  /**
   * The original's request: encoded layers, one value a ciphertext, on `input`/job, which is bytes as `packSections` makes them. Its
   * result's `about` is `LayersResult`.
   */
  | { readonly kind: "layers"; readonly model: ModelReference; readonly request: LayersRequest };

/** How a worker finds a model: it loads it by this path, in a page an address (see `loadModel`). */
export interface ModelReference {
  readonly net: string;
  readonly path: string;
}

/** The `layers` task beside its bytes. */
export interface LayersRequest {
  readonly layers: readonly number[];
  /** As `checkParameters` or `checkBfvParameters` takes them. */
  readonly parameters: unknown;
  readonly images: number;
  /** Of one image. */
  readonly shape: readonly number[];
  /** BFV: what values are multiplied by. */
  readonly scale?: number;
  /**
   * The session whose keys are used; where it is left out, sections behind the ciphertexts of `input` are keys: the public
   * key, then those for relinearization where there are any.
   */
  readonly session?: string;
  readonly keys: { readonly publicKey: boolean; readonly relinKeys: boolean };
}

/** What a `layers` task gives beside the output's ciphertexts. */
export interface LayersResult {
  /** Of one image. */
  readonly shape: readonly number[];
  /** BFV: what values are multiplied by. */
  readonly scale?: number;
}

const heldProgramSchema = z.strictObject({
  digest: digestSchema,
  /** Names its JSON in the store: the SHA-256 of it. */
  stored: digestSchema,
  clientSpec: clientSpecSchema,
  /** Length of the evaluation keys' bytes, without their header. */
  keyBytes: countSchema,
  /** Of one image's ciphertexts, or in packing `batch` of the batch's, without their header. */
  inputBytes: countSchema,
});

/** What the server needs to know of a program, without its weights. */
export interface HeldProgram extends TypeOf<typeof heldProgramSchema> {}

export const compiledProgramsSchema = z.strictObject({
  net: z.string(),
  programs: z.array(heldProgramSchema).min(1),
});
export interface CompiledPrograms extends TypeOf<typeof compiledProgramsSchema> {}

export interface TaskResult {
  readonly sections: readonly Uint8Array[];
  /** Plain JSON; by the kind of task. */
  readonly about: unknown;
  readonly traces: readonly LayerTrace[];
  /** The work alone. */
  readonly evaluateMilliseconds: number;
}

export interface Job {
  /** Names the input in the store, and the result. */
  readonly id: string;
  /** Whose turn it is, is told by this: a session's number. */
  readonly owner: string;
  readonly task: Task;
  /** SHA-256 of its input, in hexadecimal. */
  readonly inputDigest?: string;
}

export type JobOutcome =
  | { readonly state: "queued" | "running"; readonly before: number }
  | { readonly state: "done"; readonly result: TaskResult; readonly queueMilliseconds: number }
  /** The input's fault: an InputError's message. */
  | { readonly state: "refused"; readonly reason: string }
  /** Too long, too much memory, or a process that died: a TaskFailedError. */
  | { readonly state: "failed"; readonly why: TaskFailure; readonly reason: string };

/** Tasks to be done. Who adds the same job again changes nothing. Inputs of jobs that are done are deleted from the store. */
export interface JobQueue extends AsyncDisposable {
  /**
   * @throws JobExistsError if there is one of that number with another input; QueueFullError; QueueClosedError once it is drained or
   *   disposed of
   */
  add(job: Job): Promise<void>;
  /**
   * How far a job is; waits up to `milliseconds` for its end.
   *
   * @returns undefined if it is not known, or has expired
   */
  outcome(id: string, milliseconds: number, signal?: AbortSignal): Promise<JobOutcome | undefined>;
  /** Not wanted any more: taken out of the queue, or stopped; and forgotten, if it is done. */
  cancel(id: string): Promise<void>;
  /** `workers`: how many others compute for it, where that is not this process's own pool. */
  depth(): Promise<{ readonly queued: number; readonly running: number; readonly workers?: number }>;
  /** Takes nothing more, and resolves when all that was accepted is done; disposing stops at once. */
  drain(): Promise<void>;
}

export interface TaskLimits {
  readonly seconds: number;
  /** Of the process that does it, resident; of a Web Worker it cannot be seen. */
  readonly bytes: number;
}

/** Does tasks in workers of its own. */
export interface ProcessPool extends AsyncDisposable {
  readonly size: number;
  /**
   * @throws InputError if the task's input is refused
   * @throws TaskFailedError if it took too much time or memory, or its process died; that process is replaced
   */
  run(id: string, task: Task, signal?: AbortSignal): Promise<TaskResult>;
  /** Tells what is likely to be done next, so that its input can travel while something else is being done. */
  expect(id: string, task: Task): void;
  /** Frees a session's keys in every process that holds them. */
  forget(session: string): void;
  /** How many are free. */
  readonly idle: number;
  /** How many are there, free or not. */
  readonly alive: number;
  /** How many died, or were stopped at a limit, since the start. */
  readonly replaced: number;
}

/** Nothing more is taken: it is about to end. */
export class QueueClosedError extends Error {
  constructor() {
    super("the queue is closed; send the job to another server, or again later");
  }
}

/** There is no room for another job. `retryAfterSeconds` is a guess by what was done last. */
export class QueueFullError extends Error {
  constructor(readonly retryAfterSeconds: number) {
    super(`the queue is full; come back in ${retryAfterSeconds} s`);
  }
}

/** What store and queue are kept in cannot be reached just now. */
export class EngineAwayError extends Error {
  constructor(readonly retryAfterSeconds: number) {
    super(`the queue cannot be reached just now; come back in ${retryAfterSeconds} s`);
  }
}

/** There is no room for more bytes. */
export class StoreFullError extends Error {}

/** `died`: its process did, for a reason that is not known. */
export type TaskFailure = "time" | "memory" | "died";

/** A task that brought down its process, or was stopped at a limit. */
export class TaskFailedError extends Error {
  constructor(
    readonly why: TaskFailure,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}
