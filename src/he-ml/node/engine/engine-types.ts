import type { ProgramRequest } from "../../network/protocol.js";
import type { LayerTrace } from "../../layers/trace.js";
import type { ClientSpec } from "../../program/client-spec.js";

// The parts of the engine behind the service, and what each promises the others:
//
//   Engine       what the HTTP server talks to: programs, sessions, jobs (engine.ts)
//     Store      bytes under names, which expire: in memory, or in Redis
//     JobQueue   tasks to be done, in a fair order: in memory with a pool beside it, or in Redis for workers anywhere
//   ProcessPool  does tasks in processes of their own, which can be killed; fetches what they need from a Store

/** What a store keeps. Programs, keys and results can be made again: where room is short, those least used go first. */
export const storeKinds = ["program", "compiled", "keys", "input", "result"] as const;
/**
 * `program`: a Program's JSON, by its digest. `compiled`: what a request was compiled to (JSON), by the request's digest. `keys`: evaluation keys,
 * by session. `input`: a job's input, by job. `result`: `TaskResult` or failure, by job.
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
  delete(kind: StoreKind, id: string): Promise<void>;
  usage(): Promise<Readonly<Record<StoreKind, { readonly entries: number; readonly bytes: number }>>>;
}

/** What is done in a process of its own. Bytes that are needed are named, and fetched from the store. */
export type Task =
  /** Compiles; puts each program under its digest. Its result's `about` is `CompiledPrograms`. */
  | { readonly kind: "compile"; readonly model: ModelReference; readonly request: ProgramRequest }
  /** Loads keys under `keys`/`session`, and so checks them. */
  | { readonly kind: "keys"; readonly program: string; readonly session: string }
  /** Runs a program on `input`/`job`; the result's only section is the response. */
  | { readonly kind: "run"; readonly program: string; readonly session: string }
  /** The original's request: encoded layers, one value a ciphertext, on `input`/`job`. Its result's `about` is `LayersResult`. */
  | { readonly kind: "layers"; readonly model: ModelReference; readonly request: LayersRequest };

/** How a worker process finds a model: it loads it by this path (see `loadModel`). */
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
  /** BFV: what values are multiplied by. */
  readonly scale?: number;
}

export interface CompiledPrograms {
  readonly net: string;
  readonly programs: readonly HeldProgram[];
}

/** What the server needs to know of a program, without its weights. */
export interface HeldProgram {
  readonly digest: string;
  readonly clientSpec: ClientSpec;
  /** Length of the evaluation keys' bytes, exactly; their header may be so much longer or shorter. */
  readonly keyBytes: number;
  /** Of one image's ciphertexts (packing `packed`), or of the batch's. */
  readonly inputBytes: number;
}

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
}

export type JobOutcome =
  | { readonly state: "queued" | "running"; readonly before: number }
  | { readonly state: "done"; readonly result: TaskResult; readonly queueMilliseconds: number }
  /** `refused`: the input's fault, an InputError's message. `failed`: too long, too much memory, or a process that died. */
  | { readonly state: "refused" | "failed"; readonly reason: string };

/** Tasks to be done. Who adds the same job again changes nothing. */
export interface JobQueue extends AsyncDisposable {
  /** @throws QueueFullError */
  add(job: Job): Promise<void>;
  /**
   * How far a job is; waits up to `milliseconds` for its end.
   *
   * @returns undefined if it is not known, or has expired
   */
  outcome(id: string, milliseconds: number, signal?: AbortSignal): Promise<JobOutcome | undefined>;
  /** Not wanted any more: taken out of the queue, or stopped. */
  cancel(id: string): Promise<void>;
  depth(): Promise<{ readonly queued: number; readonly running: number }>;
  /** Takes nothing more, and resolves when all that was accepted is done; disposing stops at once. */
  drain(): Promise<void>;
}

export interface TaskLimits {
  readonly seconds: number;
  /** Of the process that does it, resident. */
  readonly bytes: number;
}

/** Does tasks in processes of its own. */
export interface ProcessPool extends AsyncDisposable {
  readonly size: number;
  /**
   * @throws InputError if the task's input is refused
   * @throws TaskFailedError if it took too much time or memory, or its process died; that process is replaced
   */
  run(id: string, task: Task, signal?: AbortSignal): Promise<TaskResult>;
  /** Whether one is free. */
  readonly idle: number;
}

/** There is no room for another job. `retryAfterSeconds` is a guess by what was done last. */
export class QueueFullError extends Error {
  constructor(readonly retryAfterSeconds: number) {
    super(`the queue is full; come back in ${retryAfterSeconds} s`);
  }
}

/** There is no room for more bytes. */
export class StoreFullError extends Error {}

/** A task that brought down its process, or was stopped at a limit. */
export class TaskFailedError extends Error {
  constructor(
    readonly why: "time" | "memory" | "died",
    message: string,
  ) {
    super(message);
  }
}
