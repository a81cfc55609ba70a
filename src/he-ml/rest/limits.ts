import * as z from "zod";
import type { TypeOf } from "../schema.js";

const MiB = 2 ** 20;
const bytes = z.int().min(1024);

/** What one client may ask for at most, so that others are served, too. */
export const limitsSchema = z.strictObject({
  /**
   * Bytes of a `POST /compute`: what it may hold follows from parameters that stand in it. A text of V8 has less than
   * 512 MiB.
   */
  mostComputeBytes: bytes.max(511 * MiB).default(256 * MiB),
  /** Bytes of a session's keys; a program that needs more gets none. */
  mostKeyBytes: bytes.max(2 ** 31).default(1024 * MiB),
  /** Bytes of a job's encrypted tensor. */
  mostInputBytes: bytes.max(2 ** 31).default(512 * MiB),
  /** Images of one job in packing `packed` or `scalar`, where each is a ciphertext or more of its own. */
  mostImages: z.int().min(1).default(64),
  /** Bytes of all bodies that are on their way in at one time. */
  mostBodyBytesAtOnce: bytes.default(2048 * MiB),
  /** Within which a body must have arrived. */
  bodySeconds: z.number().positive().max(3600).default(300),
  /** Within which a request's headers must have arrived. */
  headerSeconds: z.number().positive().max(600).default(10),
  /** Within which a client must take in some more of its answer. */
  sendSeconds: z.number().positive().max(3600).default(60),
  /** Open at one time. */
  mostConnections: z.int().min(1).default(512),
  /** How long answers that nobody has fetched yet are still offered when the server ends. */
  closingSeconds: z.number().min(0).max(3600).default(10),
});

export interface Limits extends TypeOf<typeof limitsSchema> {}

/** Characters of what stands in an address for a name or a number. */
export const mostParamLength = 1000;
/** JSON that asks for programs: another program's output specification may be in it, with a slot for each value. */
export const mostProgramRequestBytes = 16 * MiB;
/** What our byte format may have before its sections. */
export const headerRoom = MiB + 16;
