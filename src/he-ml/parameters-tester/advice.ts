import * as z from "zod";
import { evaluatorKinds } from "../crypto/evaluator-kind.js";
import { packings } from "../crypto/packing.js";
import { writtenParametersSchema } from "../crypto/parameters.js";
import { securityLevels, securityTableNames } from "../crypto/security-tables.js";
import { deviationsInLargest } from "../planner/believed-scales.js";
import { beyondChance } from "../service/gaps.js";
import { countSchema, measuredSchema, type TypeOf } from "../schema.js";

// The adviser's report: plain JSON that its table and figures read.

/** What is to be small: the time of one image, the time of each of many, or what is sent for each of many. */
export const adviceGoals = ["latency", "throughput", "upload"] as const;
export type AdviceGoal = (typeof adviceGoals)[number];

const measuredPointSchema = z.strictObject({
  /** Largest error, over the largest magnitude of any output, on the images. */
  relativeError: measuredSchema,
  /** Root mean square of the errors of all outputs, over the same. */
  rmsError: measuredSchema,
  /** Images whose largest output lies at another place than in the clear. */
  argmaxFlips: countSchema,
  /** The server's work from one request to its answer: on one image, or in packing batch on all that fit. */
  latencyMilliseconds: z.number(),
  /** Images that one request holds: a slot each in packing batch. */
  imagesPerRequest: countSchema,
  /** The server's work on an image where every request is full. */
  millisecondsPerImage: z.number(),
  /** What a client sends for one image alone, and for each where every request is full. Keys are apart. */
  uploadBytes: countSchema,
  uploadBytesPerImage: z.number(),
  downloadBytes: countSchema,
  /** Evaluation keys, which a client sends once. */
  keyBytes: countSchema,
  threads: countSchema,
});

/** What a real run of a point gave and took. */
export interface MeasuredPoint extends TypeOf<typeof measuredPointSchema> {}

/**
 * The largest error to expect on many images, of what was seen on a few: half as much again as the largest seen, as for any run,
 * or as many standard deviations as plans take it to be; whichever is more.
 */
export const errorToExpect = ({ relativeError, rmsError }: MeasuredPoint): number =>
  Math.max(beyondChance * relativeError, deviationsInLargest * rmsError);

const pointSchema = z.strictObject({
  /** Names it in this report, in few words. */
  name: z.string(),
  packing: z.enum(packings),
  /** What it was planned for, and what computed. */
  evaluator: z.enum(evaluatorKinds),
  /**
   * `front`: nothing else is as good in all respects; the recommended one is of these. `dominated`: something else is better.
   * `misses`: it runs, and is not as precise as asked for. `failed`: it cannot work. `not-run`: it is known to be worse.
   */
  status: z.enum(["recommended", "front", "dominated", "misses", "failed", "not-run"]),
  /** Ready for `--parameters`; left out where none were found. */
  parameters: writtenParametersSchema.optional(),
  /** Of all primes together, the special one included; and what the table allows at this degree. */
  modulusBits: z.strictObject({ total: countSchema, allowed: countSchema }).optional(),
  measured: measuredPointSchema.optional(),
  /** The name of a point that is better, where one is. */
  dominatedBy: z.string().optional(),
  /** Why it failed, misses, or was not run, in one line. */
  reason: z.string().optional(),
  /** Why it is as it is, a sentence each. */
  why: z.strictObject({
    degree: z.string().optional(),
    chain: z.string().optional(),
    scales: z.string().optional(),
    packing: z.string(),
  }),
});

/** Parameters and a packing that were tried. */
export interface AdvicePoint extends TypeOf<typeof pointSchema> {}

export const adviceReportSchema = z.strictObject({
  format: z.literal("he-ml advice"),
  version: z.literal(1),
  model: z.string(),
  goal: z.enum(adviceGoals),
  relativeError: z.number().positive(),
  security: z.literal(securityLevels),
  securityTable: z.enum(securityTableNames),
  /** Images of each run, and whether they were given or made up from the model's ranges. */
  images: z.strictObject({ count: countSchema, madeUp: z.boolean() }),
  machine: z.record(z.string(), z.union([z.string(), z.number()])),
  /** The name of the point to take; null where none is as precise as asked for. */
  recommended: z.string().nullable(),
  /** What it would cost to ask for less error, as far as it was measured; what would help where nothing is recommended. */
  stricter: z.string(),
  /** The recommended one first, then the front, what is dominated, what misses, what fails. */
  points: z.array(pointSchema),
});

/** What `advise` gives. */
export interface AdviceReport extends TypeOf<typeof adviceReportSchema> {}
