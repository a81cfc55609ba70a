import * as z from "zod";
import { packingSchema } from "../crypto/packing.js";
import { parametersSpecSchema } from "../crypto/parameters.js";
import { keyIdSchema, digestSchema } from "../crypto/tensor-bytes.js";
import { clientSpecSchema } from "../program/client-spec.js";
import { layerTraceSchema } from "../layers/trace.js";
import type { TypeOf } from "../schema.js";

// What client and server say to each other over HTTP. Keys and encrypted tensors travel as bytes of our own format
// (`crypto/byte-format.ts`), all else as the JSON below.

/** Content type of keys and encrypted tensors. */
export const bytesType = "application/octet-stream";

/** Where a server answers; `:` begins a parameter. */
export const routes = {
  health: "/health",
  metrics: "/metrics",
  openapi: "/openapi.json",
  docs: "/docs",
  /** GET: the models. */
  models: "/models",
  /** GET, with `programQuerySchema`: client specifications of a model, or of a range of its layers. */
  model: "/models/:net",
  /** POST, JSON: the same under parameters of the client's, or behind another program. */
  programs: "/programs",
  /** POST, keys as bytes, with `?program=DIGEST`: opens a session. */
  sessions: "/sessions",
  /** GET: what there is of it; DELETE: closes it. */
  session: "/sessions/:session",
  /**
   * PUT, an encrypted tensor as bytes, with `?wait=SECONDS`: runs the session's program; the same again is harmless. GET, with
   * `?wait`: its answer, once more. DELETE: not wanted any more.
   */
  job: "/sessions/:session/jobs/:job",
  /** GET: traces of its layers or stages. */
  traces: "/sessions/:session/jobs/:job/traces",
  /** POST: the original's request. */
  compute: "/compute",
} as const;

/** The server answers at all, and says whether it takes new work. */
export const healthSchema = z.object({ status: z.enum(["ok", "closing"]) });

/** Chosen by the client, at random: the same number with the same bytes is the same job. */
export const jobIdSchema = z
  .uuid()
  .describe("Chosen by the client, at random: the same number with the same bytes is the same job");
/** 32 hexadecimal digits, at random: whoever knows it may use the session. */
export const sessionIdSchema = keyIdSchema.describe("As `POST /sessions` gave it");

export const modelParamsSchema = z.strictObject({
  net: z
    .string()
    .min(1)
    .max(200)
    .describe("Name of a model, as `GET /models` lists it, or one of its other names; in any case"),
});
export const sessionParamsSchema = z.strictObject({ session: sessionIdSchema });
export const jobParamsSchema = z.strictObject({ session: sessionIdSchema, job: jobIdSchema });

/** How long an answer may be waited for at once, in seconds. */
export const mostWaitSeconds = 60;
export const waitQuerySchema = z.strictObject({
  wait: z.coerce
    .number()
    .min(0)
    .max(mostWaitSeconds)
    .default(0)
    .describe("Seconds for which the answer is waited for at once"),
});

const layerNumbers = z.array(z.int().min(0)).max(10_000);

/** A program that a client asks for. */
export const programRequestSchema = z.strictObject({
  /** Name of a model, as `GET /models` lists it, or one of its other names; in any case. */
  net: z.string().min(1).max(200),
  /** Contiguous and ascending; all, or all from `input` on, if left out. */
  layers: layerNumbers.min(1).optional(),
  packing: packingSchema.optional(),
  /** Chosen by the server if left out. */
  parameters: parametersSpecSchema.optional(),
  /** Before which layers the client decrypts, and encrypts afresh; those that the server's model asks for if left out. */
  reencryptPositions: layerNumbers.optional(),
  /** `clientSpec.output` of the program to go on from. */
  input: z.unknown().optional(),
});
export interface ProgramRequest extends TypeOf<typeof programRequestSchema> {}

/** `GET /models/:net?layers=0-3&packing=batch&reencrypt=3,5` */
export const programQuerySchema = z.strictObject({
  layers: z
    .string()
    .regex(/^\d{1,4}(-\d{1,4})?$/, "expected a layer's number or a range, such as 0-3")
    .refine((text) => {
      const [first, last = first] = text.split("-").map(Number);
      return first <= last;
    }, "expected a range that ascends, such as 0-3")
    .optional()
    .describe("A layer's number or a range, such as 0-3; all if left out"),
  packing: packingSchema.optional().describe("How values are laid out in ciphertexts"),
  reencrypt: z
    .string()
    .regex(/^\d{1,4}(,\d{1,4})*$/, "expected layers' numbers, such as 3,5")
    .optional()
    .describe("Before which layers the client decrypts and encrypts afresh, such as 3,5"),
});

/** What comes back: one program, or several, between which the client decrypts and encrypts afresh. */
export const programsSchema = z.object({
  net: z.string(),
  programs: z
    .array(z.object({ clientSpec: clientSpecSchema }))
    .min(1)
    .max(1000),
});
export interface Programs extends TypeOf<typeof programsSchema> {}

export const modelSummarySchema = z.object({
  net: z.string(),
  /** Other names that are understood. */
  aliases: z.array(z.string()),
  inputShape: z.array(z.int()),
  outputShape: z.array(z.int()),
  layers: z.array(
    z.object({ index: z.int(), name: z.string(), kind: z.string(), outputShape: z.array(z.int()) }),
  ),
  classNames: z.array(z.string()).optional(),
  /** Before which layers its owner wants values encrypted afresh. */
  reencryptPositions: z.array(z.int()),
});
export interface ModelSummary extends TypeOf<typeof modelSummarySchema> {}
export const modelsSchema = z.object({ models: z.array(modelSummarySchema).max(10_000) });

export const sessionQuerySchema = z.strictObject({
  program: digestSchema.describe("`clientSpec.digest` of the program that the keys are for"),
  net: modelParamsSchema.shape.net
    .optional()
    .describe("Whose program it is: needed where two models have one of the same digest"),
});
export const sessionInfoSchema = z.object({
  session: sessionIdSchema,
  program: digestSchema,
  /** Bytes of its keys. */
  keyBytes: z.number(),
  /** It ends when it was not used for so long. */
  secondsToLive: z.number(),
});
export interface SessionInfo extends TypeOf<typeof sessionInfoSchema> {}

/** A job without an answer yet: status 202. */
export const jobStateSchema = z.object({
  job: jobIdSchema,
  state: z.enum(["queued", "running"]),
  /** How many are before it. */
  before: z.number(),
});
export interface JobState extends TypeOf<typeof jobStateSchema> {}

export const tracesSchema = z.object({
  traces: z.array(layerTraceSchema).max(10_000),
  milliseconds: z.object({ queue: z.number(), evaluate: z.number() }),
});

/** Why something was refused, and the status that says so; the message beside it says what to do. */
export const refusals = {
  "bad-request": { status: 400, why: "the message says what was expected and what came" },
  unauthorized: { status: 401, why: "the token is missing or wrong" },
  "unknown-route": { status: 404, why: "there is no such address, or not with this method" },
  "unknown-model": { status: 404, why: "there is no model of that name" },
  "unknown-program": { status: 404, why: "there is no such program any more: ask for it again" },
  "unknown-session": { status: 404, why: "there is no such session any more: open one again" },
  "unknown-job": { status: 404, why: "there is no such job any more: send it again" },
  "too-slow": { status: 408, why: "the body came too slowly" },
  "job-exists": { status: 409, why: "there is another body under the same number" },
  "too-large": { status: 413, why: "the body is larger than it can be here" },
  "wrong-type": { status: 415, why: "the body is of another content type, or compressed" },
  "job-failed": {
    status: 422,
    why: "it took more time or memory than a job may, or brought down whoever computed it",
  },
  internal: { status: 500, why: "a mistake of the server's" },
  busy: {
    status: 503,
    why: "there is no room in the queue or for keys; come back after Retry-After seconds",
  },
  closing: { status: 503, why: "the server is about to stop" },
} as const;
export type ErrorCode = keyof typeof refusals;
export const errorCodes = Object.keys(refusals) as [ErrorCode, ...ErrorCode[]];
export const errorBodySchema = z.object({
  error: z.object({ code: z.enum(errorCodes), message: z.string() }),
});

/** Header of an answer that tells milliseconds: `queue;dur=1.2, evaluate;dur=20.1`. */
export const timingHeader = "server-timing";
