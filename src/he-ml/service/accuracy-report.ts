import * as z from "zod";
import { evaluatorKindSchema } from "../crypto/evaluator-kind.js";
import { packingSchema } from "../crypto/packing.js";
import { writtenParametersSchema } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import { countSchema, measuredSchema, type TypeOf } from "../schema.js";

// What a measurement of accuracy keeps while it runs: plain JSON, which is written after each chunk, and gone on with.

const measuredImageSchema = z.strictObject({
  label: countSchema,
  plainLogits: z.array(measuredSchema).min(1),
  /** Decrypted; left out where the image was not encrypted. */
  logits: z.array(measuredSchema).min(1).optional(),
  /** Why it was not encrypted: the program has no room for its values. */
  outOfRange: z.string().optional(),
});

/** One image, in the clear and encrypted. */
export interface MeasuredImage extends TypeOf<typeof measuredImageSchema> {}

const phasesSchema = z.strictObject({
  encrypt: z.number(),
  /** The way to a worker and the wait for one; 0 where this process computes. */
  travel: z.number(),
  /** The server's work alone. */
  evaluate: z.number(),
  decrypt: z.number(),
});

/** Milliseconds by phase. */
export interface AccuracyPhases extends TypeOf<typeof phasesSchema> {}

const accuracyChunkSchema = z.strictObject({
  /** Position of its first image among those that are measured, from 0. */
  first: countSchema,
  images: z.array(measuredImageSchema).min(1),
  /** Of all its images together. */
  milliseconds: phasesSchema,
  /** That shared the work; null where workers elsewhere computed. */
  threads: countSchema.nullable(),
});

/** Images that were encrypted together. */
export interface AccuracyChunk extends TypeOf<typeof accuracyChunkSchema> {}

export const accuracyReportSchema = z.strictObject({
  format: z.literal("he-ml accuracy"),
  version: z.literal(1),
  model: z.string(),
  /** Digest of layers and weights. */
  modelDigest: z.string(),
  dataset: z.string().nullable(),
  /** Positions of the images in the dataset: the first, and how many. */
  index: countSchema,
  count: countSchema,
  /** Digest of images and labels. */
  imagesDigest: z.string(),
  packing: packingSchema,
  parameters: writtenParametersSchema,
  /** What was asked to compute, or what the program was planned for. */
  evaluator: evaluatorKindSchema,
  /** The program's digest. */
  program: z.string(),
  /** That errors were planned for, relative to the largest logit. */
  relativeError: z.number(),
  classNames: z.array(z.string()).optional(),
  /** Of all runs together. */
  setupMilliseconds: z.strictObject({ keys: z.number(), server: z.number() }),
  /** That passed from the first chunk's beginning to the last one's end, in all runs; plain results are computed in it, too. */
  chunkMilliseconds: z.number(),
  /** Those that are done, in the order of their images. */
  chunks: z.array(accuracyChunkSchema),
});

/** What `accuracy` gives: plain JSON, with every image's logits. */
export interface AccuracyReport extends TypeOf<typeof accuracyReportSchema> {}

/** What a report says before anything is measured. */
export type AccuracyHead = Omit<AccuracyReport, "setupMilliseconds" | "chunkMilliseconds" | "chunks">;

/** What a report must be of to be gone on with; the first that differs is named. */
const sameFields = [
  "model",
  "modelDigest",
  "dataset",
  "index",
  "count",
  "imagesDigest",
  "packing",
  "parameters",
  "evaluator",
  "relativeError",
  "program",
] as const;

/** A report as it comes from JSON. @throws InputError if it is none */
export function readAccuracyReport(where: string, value: unknown): AccuracyReport {
  const parsed = accuracyReportSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(
    `${where}: expected the report of a measurement of accuracy, but ${path.join(".") || "the whole"}: ${message}; ` +
      `choose another file`,
  );
}

/** A part of the images that is encrypted together. */
export interface ChunkPlace {
  readonly first: number;
  readonly count: number;
}

/** The images in chunks of a size, the last with what is left. */
export function chunkPlaces(count: number, size: number): ChunkPlace[] {
  return Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
    first: i * size,
    count: Math.min(size, count - i * size),
  }));
}

/**
 * What an earlier report has of these chunks.
 *
 * @throws InputError naming what differs if it is of another model, images, packing, parameters, evaluator or program
 */
export function takenOverChunks(
  earlier: unknown,
  head: AccuracyHead,
  places: readonly ChunkPlace[],
): AccuracyReport {
  const where = "accuracy: the report to go on with";
  const report = readAccuracyReport(where, earlier);
  for (const field of sameFields) {
    if (JSON.stringify(report[field]) === JSON.stringify(head[field])) continue;
    throw new InputError(
      `${where}: its ${field} is ${inShort(report[field])}, this measurement's ${inShort(head[field])}; ` +
        `choose another file for this measurement`,
    );
  }
  const left = new Map(places.map((place) => [place.first, place]));
  for (const { first, images } of report.chunks) {
    if (left.get(first)?.count === images.length) left.delete(first);
    else throw new InputError(`${where}: its chunk from image ${first} on is none of this measurement's`);
  }
  return report;
}

function inShort(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
