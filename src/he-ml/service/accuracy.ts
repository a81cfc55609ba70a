import * as z from "zod";
import { isObject, requireArgument, requireList, requireOptions } from "../arguments.js";
import { evaluatorKindSchema, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { parametersSpec } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import { layerShapes, requireBatchOf } from "../model/model.js";
import { digestOf } from "../program/digest.js";
import { Program } from "../program/program.js";
import { countSchema } from "../schema.js";
import { imageAt, requireTensor, sizeOf, type Tensor } from "../tensor/tensor.js";
import { checkedImages, imagesAt, imagesFrom, requireRoomForImage } from "./accuracy-images.js";
import {
  chunkPlaces,
  takenOverChunks,
  type AccuracyChunk,
  type AccuracyHead,
  type AccuracyPhases,
  type AccuracyReport,
  type ChunkPlace,
} from "./accuracy-report.js";
import { requireLogits } from "./infer.js";
import { Turns } from "./turns.js";

/** How accuracy is measured, and watched. */
export interface AccuracyOptions {
  /** The plain result to compare with, `[n, classes]`, as onnxruntime's; HE-ML's own plain forward if left out. */
  readonly plainLogits?: Tensor;
  /** Name of the dataset that the images are of, for the report. */
  readonly dataset?: string;
  /** Position of the first image in it, for the report; 0 if left out. */
  readonly index?: number;
  /** What each class is called, for the report; the model's own names if left out. */
  readonly classNames?: readonly string[];
  /** The report of an earlier call that was stopped: its chunks are taken over, and not run again. */
  readonly resume?: AccuracyReport;
  /** Worker threads, as in `ServerOptions`. */
  readonly threads?: number;
  /** What computes, as in `ServerOptions`. */
  readonly evaluator?: EvaluatorKind;
  /** Stops the measurement; what was told to `onResult` is done. */
  readonly signal?: AbortSignal;
  /** Called after each chunk, with the report so far, and waited for. */
  readonly onResult?: (chunk: AccuracyChunk, report: AccuracyReport) => void | Promise<void>;
  /** Told what is being done, and how many of the images are. */
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

const isFunction = (value: unknown) => typeof value === "function";
const optionsSchema = z.strictObject({
  plainLogits: z.unknown().optional(),
  dataset: z.string().optional(),
  index: countSchema.optional(),
  classNames: z.array(z.string()).optional(),
  resume: z.unknown().optional(),
  threads: z.unknown().optional(),
  evaluator: evaluatorKindSchema.optional(),
  signal: z
    .custom((value) => isObject(value) && "throwIfAborted" in value, "expected an AbortSignal")
    .optional(),
  onResult: z.custom(isFunction, "expected a function").optional(),
  onProgress: z.custom(isFunction, "expected a function").optional(),
} satisfies Record<keyof AccuracyOptions, z.ZodType>);

/** What images came to where they were computed. */
export interface ChunkRun {
  /** Decrypted, `[n, …outputShape]`. */
  readonly logits: Tensor;
  readonly milliseconds: AccuracyPhases;
}

/** Encrypts images, has them computed, and decrypts, all under one key. */
export interface ChunkRunner extends AsyncDisposable {
  readonly setupMilliseconds: AccuracyReport["setupMilliseconds"];
  /** Null where workers elsewhere compute. */
  readonly threads: number | null;
  /** Chunks that it takes at the same time. */
  readonly atOnce: number;
  run(images: Tensor, signal?: AbortSignal): Promise<ChunkRun>;
}

/** Where chunks run. */
export interface AccuracyPlace {
  /** What will compute. @throws InputError if it cannot */
  evaluatorOf(program: Program): Promise<EvaluatorKind>;
  start(program: Program): Promise<ChunkRunner>;
}

/** Each is encrypted by itself: few enough to be kept often, and for what one request to a service may hold. */
const imagesOfChunk = { packed: 50, scalar: 1 } as const;

/** As `accuracy`, with the place where chunks run. */
export async function accuracyAt(
  place: AccuracyPlace,
  program: Program,
  images: Tensor,
  labels: readonly number[],
  options: AccuracyOptions,
): Promise<AccuracyReport> {
  checkOptions(options);
  requireMeasurable(program, images, labels, options);
  const { signal, onResult, onProgress, plainLogits } = options;
  const { packing, parameters } = program;
  const places = chunkPlaces(
    images.shape[0],
    packing === "batch" ? parameters.slots : imagesOfChunk[packing],
  );
  const head = await reportHead(place, program, images, labels, options);
  const earlier = options.resume && takenOverChunks(options.resume, head, places);
  requireRoomForSome(program, images);
  const chunks = [...(earlier?.chunks ?? [])];
  const left = places.filter(({ first }) => !chunks.some((chunk) => chunk.first === first));
  let setupMilliseconds = earlier?.setupMilliseconds ?? { keys: 0, server: 0 };
  let chunkMilliseconds = earlier?.chunkMilliseconds ?? 0;
  const report = (): AccuracyReport => ({
    ...head,
    setupMilliseconds,
    chunkMilliseconds,
    chunks: chunks.toSorted((a, b) => a.first - b.first),
  });
  if (left.length === 0) return report();

  const done = () => chunks.reduce((sum, chunk) => sum + chunk.images.length, 0);
  const tell = (step: string) => onProgress?.(step, done(), images.shape[0]);
  tell("keys");
  await using runner = await place.start(program);
  setupMilliseconds = {
    keys: setupMilliseconds.keys + runner.setupMilliseconds.keys,
    server: setupMilliseconds.server + runner.setupMilliseconds.server,
  };
  const start = performance.now();
  const stop = new AbortController();
  const stopped = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  const telling = new Turns();
  const runChunks = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      stopped.throwIfAborted();
      tell("images");
      const chunk = await measuredChunk(runner, program, next, {
        images,
        labels,
        plainLogits,
        signal: stopped,
      });
      chunks.push(chunk);
      chunkMilliseconds = (earlier?.chunkMilliseconds ?? 0) + performance.now() - start;
      tell("images");
      await telling.take(async () => onResult?.(chunk, report()));
    }
  };
  const runs = Array.from({ length: Math.min(runner.atOnce, left.length) }, () =>
    runChunks().catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(runs);
  await Promise.all(runs);
  return report();
}

interface Measured {
  readonly images: Tensor;
  readonly labels: readonly number[];
  readonly plainLogits?: Tensor;
  readonly signal: AbortSignal;
}

async function measuredChunk(
  runner: ChunkRunner,
  program: Program,
  { first, count }: ChunkPlace,
  { images, labels, plainLogits, signal }: Measured,
): Promise<AccuracyChunk> {
  const some = imagesFrom(images, first, count);
  const { plainLogits: own, outOfRange } = await checkedImages(program, some, signal);
  const plain = plainLogits ? imagesFrom(plainLogits, first, count) : own;
  const fitting = outOfRange.flatMap((reason, image) => (reason === undefined ? [image] : []));
  const run = fitting.length > 0 ? await runner.run(imagesAt(some, fitting), signal) : undefined;
  const rows = new Map(fitting.map((image, row) => [image, row]));
  return {
    first,
    images: outOfRange.map((reason, image) => {
      const row = rows.get(image);
      return {
        label: labels[first + image],
        plainLogits: [...imageAt(plain, image).data],
        ...(row === undefined ? { outOfRange: reason } : { logits: [...imageAt(run!.logits, row).data] }),
      };
    }),
    milliseconds: run?.milliseconds ?? { encrypt: 0, travel: 0, evaluate: 0, decrypt: 0 },
    threads: runner.threads,
  };
}

async function reportHead(
  place: AccuracyPlace,
  program: Program,
  images: Tensor,
  labels: readonly number[],
  options: AccuracyOptions,
): Promise<AccuracyHead> {
  const { model, packing, parameters, digest, relativeError, clientSpec } = program;
  const { classNames = clientSpec.classNames } = options;
  return {
    format: "he-ml accuracy",
    version: 1,
    model: model.name,
    modelDigest: digestOf({ inputShape: model.inputShape, layers: model.layers }),
    dataset: options.dataset ?? null,
    index: options.index ?? 0,
    count: images.shape[0],
    imagesDigest: await digestOfImages(images, labels),
    packing,
    parameters: parametersSpec(parameters),
    evaluator: await place.evaluatorOf(program),
    program: digest,
    relativeError,
    ...(classNames && { classNames: [...classNames] }),
  };
}

/** SHA-256 of the doubles and the labels, in hexadecimal. */
async function digestOfImages({ data }: Tensor, labels: readonly number[]): Promise<string> {
  const bytes = new Uint8Array(data.byteLength + labels.length);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  bytes.set(labels, data.byteLength);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** So many are tried before it is said that a program has no room for any. */
const triedImages = 8;

/** @throws what the first image is refused for, where none of the first ones fits: then it is not the image's fault */
function requireRoomForSome(program: Program, images: Tensor): void {
  let refused: unknown;
  for (let image = 0; image < Math.min(triedImages, images.shape[0]); image++) {
    try {
      return requireRoomForImage(program, imagesFrom(images, image, 1));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      refused ??= error;
    }
  }
  throw refused;
}

/** @throws InputError unless program, images and labels fit together */
function requireMeasurable(
  program: Program,
  images: Tensor,
  labels: readonly number[],
  { plainLogits }: AccuracyOptions,
): void {
  Program.require("accuracy", program);
  const { clientSpec, model, layers } = program;
  requireTensor("accuracy", images);
  requireBatchOf(clientSpec.inputShape, images, `model "${model.name}"`);
  if (layers.at(-1) !== model.layers.length - 1) {
    throw new InputError(
      `accuracy: expected a program that ends with the model's last layer, ${model.layers.length - 1}, got one that ends ` +
        `with ${layers.at(-1)}; compile it whole`,
    );
  }
  const [count] = images.shape;
  const classes = sizeOf(layerShapes(model).at(-1)!);
  const isLabel = (label: unknown) =>
    Number.isInteger(label) && Number(label) >= 0 && Number(label) < classes;
  requireList("accuracy: labels", labels, `a class for each image, from 0 to ${classes - 1}`, isLabel);
  if (labels.length !== count) {
    throw new InputError(`accuracy: labels: expected ${count}, one for each image, got ${labels.length}`);
  }
  if (plainLogits !== undefined) {
    requireLogits("accuracy: plainLogits", plainLogits, count, clientSpec.outputShape);
  }
}

function checkOptions(options: AccuracyOptions): void {
  const parsed = optionsSchema.safeParse(requireOptions("accuracy", options));
  if (parsed.success) return;
  const [{ path, message }] = parsed.error.issues;
  requireArgument(`accuracy: options`, path.length > 0, "names that are known", message);
  throw new InputError(`accuracy: options: ${path.join(".")}: ${message}`);
}
