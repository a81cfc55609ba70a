import type { ProgramRequest, SessionInfo } from "../network/protocol.js";
import type {
  CompiledPrograms,
  HeldProgram,
  JobOutcome,
  LayersRequest,
  ModelReference,
} from "./engine-types.js";

/** What the HTTP server talks to. It holds no key that decrypts. */
export interface Engine extends AsyncDisposable {
  /**
   * The programs that a request asks for, compiled at most once: results are kept by the request's digest.
   *
   * @throws InputError if it cannot be compiled; TaskFailedError if that took too much; QueueFullError, QueueClosedError
   */
  compile(model: ModelReference, request: ProgramRequest): Promise<CompiledPrograms>;
  /** The program that was last compiled of those with this digest: but for weights and class names they are the same. */
  program(digest: string): Promise<HeldProgram | undefined>;
  /**
   * Checks keys, and keeps them.
   *
   * @param net whose program it is, where two models have one of the same digest
   * @throws InputError if keys are damaged or another program's, or two models have such a program and none is named;
   *   TaskFailedError; StoreFullError, QueueFullError, QueueClosedError
   */
  openSession(program: HeldProgram, keys: Uint8Array, net?: string): Promise<SessionInfo>;
  /** The session, whose time to live begins anew. */
  session(id: string): Promise<SessionInfo | undefined>;
  /** @returns whether there was one */
  closeSession(id: string): Promise<boolean>;
  /**
   * Adds a job; the same again changes nothing.
   *
   * @param job names it among those of all sessions
   * @throws InputError if the session is no more; JobExistsError if there is a job of that number with another input;
   *   QueueFullError, QueueClosedError, StoreFullError
   */
  run(session: SessionInfo, job: string, input: Uint8Array): Promise<void>;
  /**
   * As `run`, for the original's request.
   *
   * @param input ciphertexts, then keys
   * @param owner for whose turn it counts
   */
  runLayers(
    model: ModelReference,
    request: LayersRequest,
    job: string,
    input: readonly Uint8Array[],
    owner: string,
  ): Promise<void>;
  outcome(job: string, milliseconds: number, signal?: AbortSignal): Promise<JobOutcome | undefined>;
  cancel(job: string): Promise<void>;
  status(): Promise<EngineStatus>;
  /** Takes nothing new, and finishes what was accepted; answers can be fetched until it is disposed of. */
  drain(): Promise<void>;
}

export interface EngineStatus {
  readonly queued: number;
  readonly running: number;
  /** Workers elsewhere that compute; undefined where it computes on this machine. */
  readonly workers?: number;
  readonly sessions: number;
  /** Bytes kept, by kind. */
  readonly bytes: Readonly<Record<string, number>>;
  /** Processes that compute, and how many were replaced since the start; undefined where workers are elsewhere. */
  readonly processes?: { readonly alive: number; readonly replaced: number };
}

/** Another input under the same number. */
export class JobExistsError extends Error {}
