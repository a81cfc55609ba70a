import * as z from "zod";
import { InputError } from "../errors.js";
import type { TypeOf } from "../schema.js";
import type { StoreLimits } from "./memory-store.js";
import type { WorkerLimits } from "./worker-messages.js";

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;
const usualProcesses = 4;
const seconds = z.number().positive();
const bytes = z.number().positive();

/** What an engine may take of its machine. */
export const engineOptionsSchema = z.strictObject({
  /** That compute: as many as there are cores if left out, at most four of them. */
  processes: z.int().min(1).max(256).default(Math.min(usualProcesses, navigator.hardwareConcurrency)),
  /** Jobs that may wait; one more is refused. */
  mostQueued: z.int().min(0).default(64),
  /** Time that a job may take once it is begun. */
  jobSeconds: seconds.default(120),
  /** Memory that a process may take, resident, keys and encoded weights included. */
  jobBytes: z
    .number()
    .min(256 * mebibyte)
    .default(3 * gibibyte),
  /** A session ends when it was not used for so long. */
  sessionSeconds: seconds.default(900),
  /** Keys of all sessions; where there is no room, those least recently used go. */
  keyBytes: bytes.default(2 * gibibyte),
  /** Inputs of all jobs that wait. */
  inputBytes: bytes.default(gibibyte),
  /** How long answers are kept, and how much of them. */
  resultSeconds: seconds.default(600),
  resultBytes: bytes.default(gibibyte),
  /** Compiled programs that are kept, and how much of them. */
  mostPrograms: z.int().min(1).default(100),
  programBytes: bytes.default(gibibyte),
  /** The largest polynomial modulus degree that clients may ask for. */
  mostDegree: z.int().default(16_384),
});
export type EngineOptions = z.input<typeof engineOptionsSchema>;
/** With nothing left open. */
export interface EngineSettings extends TypeOf<typeof engineOptionsSchema> {}

/** @throws InputError naming an option that is unknown or out of range */
export function readEngineOptions(options: EngineOptions = {}): EngineSettings {
  const parsed = engineOptionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`engine: options: ${path.join(".") || "the whole"}: ${message}`);
}

/** Programs that are used live on; see `ServiceEngine.session`. */
export const programSeconds = 24 * 3600;

/** What is kept of programs beside their JSON: client specifications. */
const mostCompiledBytes = 256 * mebibyte;
const mostSessionBytes = 16 * mebibyte;

/** How much of each kind is kept. */
export function storeLimits(settings: EngineSettings): StoreLimits {
  const { keyBytes, inputBytes, resultBytes, mostPrograms, programBytes } = settings;
  return {
    program: { bytes: programBytes, entries: mostPrograms },
    compiled: { bytes: mostCompiledBytes },
    session: { bytes: mostSessionBytes },
    keys: { bytes: keyBytes },
    input: { bytes: inputBytes },
    result: { bytes: resultBytes },
  };
}

/** Programs that a process has at hand: weights are encoded in about the time of a few runs. */
const programsAtHand = 4;
/** Of a process's memory, for keys: the rest is for weights and for the work. */
const keyShare = 1 / 3;

export function workerLimits({ jobBytes, mostDegree }: EngineSettings): WorkerLimits {
  return { programs: programsAtHand, keyBytes: Math.floor(keyShare * jobBytes), mostDegree };
}
