import * as z from "zod";
import { InputError } from "../errors.js";
import { securityLevels, securityTableNames, type AskedSecurity } from "../crypto/security-tables.js";
import { modelForward, requireBatchOf, requireNetwork, type Model } from "../model/model.js";
import { encryptableModel } from "../model/unsupported-layers.js";
import { valueRanges } from "../model/value-range.js";
import { defaultRelativeError } from "../planner/believed-scales.js";
import { imagesLikeKnown } from "../planner/errors/made-up-images.js";
import { compile } from "../program/compile.js";
import { infer } from "../service/infer.js";
import { requireTensor, type Tensor } from "../tensor/tensor.js";
import { whatStricterCosts } from "./advice-words.js";
import { adviceGoals, type AdviceGoal, type AdvicePoint, type AdviceReport } from "./advice.js";
import { ranked } from "./pareto.js";
import { batchProposals, isProposal, packedProposals, scalarPoint } from "./propose.js";
import { nameOf, verifyPoint, type AdviceJob, type AdviceTools } from "./verify-point.js";

/** What is wanted of parameters. */
export interface AdviceGoals extends AskedSecurity {
  /** What is to be small; `latency` if left out. */
  readonly goal?: AdviceGoal;
  /** Largest error at the output, relative to the largest output; 0.01 if left out. */
  readonly relativeError?: number;
}

export interface AdviseOptions {
  /** Images to run on, `[n, …inputShape]`; made up from the model's ranges if left out. */
  readonly images?: Tensor;
  /** Images to plan by, as in `compile`; those that are run on if left out. */
  readonly samples?: Tensor;
  /** The plain outputs of the images, `[n, classes]`; the plain forward if left out. */
  readonly plainLogits?: Tensor;
  /** Worker threads, as in `infer`. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Told what is run, and how many points are done. */
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

const goalsSchema = z.strictObject({
  goal: z.enum(adviceGoals, { error: `expected ${adviceGoals.join(", ")}` }).default("latency"),
  relativeError: z.number().positive().max(1).default(defaultRelativeError),
  security: z.literal(securityLevels, { error: "expected 128, 192 or 256" }).default(128),
  securityTable: z.enum(securityTableNames, { error: 'expected "2018" or "2024"' }).default("2018"),
});

const optionsSchema = z.strictObject({
  images: z.unknown().optional(),
  samples: z.unknown().optional(),
  plainLogits: z.unknown().optional(),
  threads: z.int().min(1).optional(),
  signal: z.custom((value) => value === undefined || value instanceof AbortSignal).optional(),
  onProgress: z.custom((value) => typeof value === "function", "expected a function").optional(),
} satisfies Record<keyof AdviseOptions, z.ZodType>);

/** Images that are made up where none are given, always the same. */
const [madeUpImages, seed] = [4, 20_240_463];

/**
 * Which parameters to take for a model: proposes packings, chains and scales for a wanted error, security and goal, runs each
 * just as `infer` with these parameters would, and tells which are worth taking, with the reasons. A network of the size of
 * LeNet-1 takes a minute or two.
 *
 * @returns the recommended point first; what cannot work, or is not as precise as asked for, with its reason
 * @throws InputError if these are no model, goals or options, or the model holds what cannot be encrypted
 * @example
 * const { points } = await advise(model, { goal: "throughput", relativeError: 0.001 }, { images });
 * const program = await compile(model, { packing: points[0].packing, parameters: points[0].parameters });
 */
export function advise(
  model: Model,
  goals: AdviceGoals = {},
  options: AdviseOptions = {},
): Promise<AdviceReport> {
  return adviseBy({ compile, infer, machine: () => ({}) }, model, goals, options);
}

/** As `advise`, with what compiles and runs. */
export async function adviseBy(
  tools: AdviceTools,
  model: Model,
  goals: AdviceGoals,
  options: AdviseOptions,
): Promise<AdviceReport> {
  requireNetwork("advise", model);
  encryptableModel(model);
  const { goal, ...asked } = parsed(goalsSchema, "goals", goals);
  parsed(optionsSchema, "options", options);
  const job = jobOf(tools, model, asked, options);
  const points = ranked([...(await runAll(job)), scalarPoint], goal);
  return {
    ...{ format: "he-ml advice", version: 1, model: model.name, goal, ...asked },
    images: { count: job.images.shape[0], madeUp: options.images === undefined },
    machine: tools.machine(),
    recommended: points.find(({ status }) => status === "recommended")?.name ?? null,
    stricter: whatStricterCosts(points, asked.relativeError, goal),
    points,
  };
}

function parsed<Schema extends z.ZodType>(schema: Schema, what: string, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  throw new InputError(`advise: ${what}: ${path.join(".") || "the whole"}: ${message}`);
}

function jobOf(
  tools: AdviceTools,
  given: Model,
  asked: Required<AskedSecurity> & { readonly relativeError: number },
  options: AdviseOptions,
): AdviceJob {
  const images = options.images ?? imagesLikeKnown(given, madeUpImages, given.valueRanges ?? [], seed);
  requireTensor("advise: images", images);
  requireBatchOf(given.inputShape, images, "advise: images");
  if (options.samples !== undefined) requireTensor("advise: samples", options.samples);
  const outputs = modelForward(given, images);
  const model = given.valueRanges ? given : { ...given, valueRanges: valueRanges(given, images, outputs) };
  const { threads, signal, onProgress } = options;
  return {
    ...{ tools, model, images, ...asked, threads, signal, onProgress },
    plainLogits: options.plainLogits ?? outputs.at(-1)!,
    samples: options.samples ?? images,
  };
}

/** All points one after the other, so that none takes time from another. */
async function runAll(job: AdviceJob): Promise<AdvicePoint[]> {
  const { signal, onProgress } = job;
  const proposers = [...packedProposals(job), ...batchProposals(job)];
  const points = new Map<string, AdvicePoint>();
  for (const [done, propose] of proposers.entries()) {
    const watched = {
      ...job,
      onProgress: (step: string) =>
        onProgress?.(`${[...points.keys()].length + 1}. ${step}`, done, proposers.length),
    };
    watched.onProgress("plan");
    for (const found of await propose()) {
      signal?.throwIfAborted();
      const name = isProposal(found) ? nameOf(found) : found.name;
      if (points.has(name)) continue;
      points.set(name, isProposal(found) ? await verifyPoint(watched, found) : found);
    }
  }
  return [...points.values()];
}
