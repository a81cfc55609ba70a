import * as z from "zod";
import { countSchema } from "../schema.js";
import { storeKinds, type StoreKind, type Task } from "./engine-types.js";

// What a worker and its parent say to each other, as heads of frames. The parent believes nothing that it has not checked.

/** One thing that is said, and bytes beside it. */
export interface Frame {
  readonly head: unknown;
  readonly body: Uint8Array;
}

/** How much a worker keeps between tasks. */
export interface WorkerLimits {
  /** Programs whose weights are encoded. */
  readonly programs: number;
  /** Of keys, once they are loaded. */
  readonly keyBytes: number;
  /** Of the polynomial modulus, in programs that it compiles. */
  readonly mostDegree: number;
}

export type ToWorker =
  | { readonly type: "start"; readonly limits: WorkerLimits }
  /** The body is the input of a task that is likely to come next. */
  | { readonly type: "ahead" }
  /** The body is its input, empty where it takes none, or where what was sent ahead is its. */
  | { readonly type: "task"; readonly id: string; readonly task: Task; readonly isSentAhead: boolean }
  /** Stops what is being done. */
  | { readonly type: "stop" }
  | { readonly type: "forget"; readonly session: string }
  /** Answers `get`. */
  | { readonly type: "bytes"; readonly found: boolean }
  /** Answers `put`: the program's name in the store, or why it is not there. */
  | { readonly type: "stored"; readonly id: string }
  | { readonly type: "notStored"; readonly reason: string };

/** Names in the store of programs and keys that the worker has at hand. */
const holdsSchema = z.array(z.string().max(200)).max(10_000);

export const fromWorkerSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  /** Asks for bytes of the store. */
  z.strictObject({
    type: z.literal("get"),
    kind: z.enum(storeKinds) as z.ZodType<StoreKind>,
    id: z.string().max(200),
  }),
  /** The body is a program's JSON. */
  z.strictObject({ type: z.literal("put") }),
  /** The body is the result. */
  z.strictObject({ type: z.literal("done"), holds: holdsSchema }),
  z.strictObject({ type: z.literal("refused"), reason: z.string(), holds: holdsSchema }),
  z.strictObject({ type: z.literal("stopped"), holds: holdsSchema }),
  /** What memory it takes, where its parent cannot see that. */
  z.strictObject({ type: z.literal("resident"), bytes: countSchema }),
]);
export type FromWorker = z.output<typeof fromWorkerSchema>;
