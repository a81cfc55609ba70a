import * as z from "zod";
import { requireOptions } from "../arguments.js";
import { sealVersion } from "../crypto/wasm-stack.js";
import { InputError } from "../errors.js";
import type { Network } from "../model/model.js";
import { compile } from "../program/compile.js";
import { digestOf } from "../program/digest.js";
import { countSchema } from "../schema.js";
import { Turns } from "../service/turns.js";
import type { Tensor } from "../tensor/tensor.js";
import type { ParameterSet } from "./parameter-set.js";
import { takenOver } from "./resume.js";
import { mostThreads, readTestInput, type TestInput } from "./test-input.js";
import type { TestedSet, TestReport } from "./test-report.js";
import { testSet, type TestSetOptions } from "./test-set.js";
import { testedPart, type TestedPart } from "./tested-part.js";

/** How parameter sets are tested, and watched. */
export interface TestParametersOptions {
  /** Name of the dataset that the images are of, for the report; what the input says if left out. */
  readonly dataset?: string;
  /** Position of the first image in it, for the report; 0 if left out. */
  readonly index?: number;
  /** The report of an earlier call that was stopped: its sets are taken over, and not run again. */
  readonly resume?: TestReport;
  /** Sets that run at the same time, each in a worker thread of its own; what the input says, or 1, if left out. */
  readonly threads?: number;
  /** Stops the test; what was told to `onResult` is done. */
  readonly signal?: AbortSignal;
  /** Called after each set, with the report so far, and waited for. */
  readonly onResult?: (set: TestedSet, report: TestReport) => void | Promise<void>;
  /** Told what is being computed, and how many of the sets are done. */
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

const isFunction = (value: unknown) => typeof value === "function";
const optionsSchema = z.strictObject({
  dataset: z.string().optional(),
  index: countSchema.optional(),
  resume: z.unknown().optional(),
  threads: z.int().min(1).max(mostThreads).optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onResult: z.custom(isFunction, "expected a function").optional(),
  onProgress: z.custom(isFunction, "expected a function").optional(),
} satisfies Record<keyof TestParametersOptions, z.ZodType>);

/** What sets run on. */
export interface SetRunner extends AsyncDisposable {
  run(set: ParameterSet, options: TestSetOptions): Promise<TestedSet>;
}

/** Where sets run: in this thread, or in workers. */
export interface TestPlace {
  /** Sets that it can run at the same time. */
  readonly mostThreads: number;
  start(part: TestedPart, threads: number): Promise<SetRunner>;
  readonly machine: TestReport["machine"];
  readonly versions: TestReport["versions"];
}

/**
 * Runs parameter sets on a network and images, one after the other, and measures what each of them comes to: errors of every
 * layer against the exact values, where ciphertexts stand, time and sizes. A set that cannot work is a result with its reason.
 *
 * @param images `[n, …inputShape]`
 * @param input as a file of `he-ml test-parameters` holds it: `{ encryption_parameters: [{ scheme: "ckks",
 *   poly_modulus_degree, coeff_modulus_bits, scale_bits, packing, … }], layers, debug }`, in snake case or camel case; or
 *   PyCrCNN's, with m, p, sec, base and rencrypt_positions
 * @throws InputError before anything is encrypted if a key is missing or unknown or its value of a wrong type, images and
 *   network do not fit together, or the report to resume is of another network or other images
 * @example
 * const sets = [20, 24, 28].map((scale_bits) => ({
 *   poly_modulus_degree: 8192, coeff_modulus_bits: [50, 60, 48, 60], scale_bits, weight_scale_bits: 16, packing: "batch",
 * }));
 * const { results } = await testParameters(await loadModel("mnist-small"), images, { encryption_parameters: sets });
 * console.log(results.map(({ status, final_max_error }) => [status, final_max_error]));
 */
export function testParameters(
  network: Network,
  images: Tensor,
  input: unknown,
  options: TestParametersOptions = {},
): Promise<TestReport> {
  return testParametersAt(inThisThread, network, images, input, options);
}

const inThisThread: TestPlace = {
  mostThreads: 1,
  start: (part) => {
    const tools = { compile, memory: () => null };
    return Promise.resolve({
      run: (set, watch) => testSet(part, set, tools, watch),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  },
  machine: {},
  versions: { "node-seal": sealVersion },
};

/** As `testParameters`, with the place where sets run. */
export async function testParametersAt(
  place: TestPlace,
  network: Network,
  images: Tensor,
  input: unknown,
  given: TestParametersOptions,
): Promise<TestReport> {
  const options = checkedOptions(given);
  const asked = readTestInput(input);
  const part = testedPart(network, images, asked.layers);
  const head = reportHead(place, network, part, asked, options);
  const results: (TestedSet | undefined)[] = options.resume
    ? takenOver(options.resume, head, asked.sets)
    : asked.sets.map(() => undefined);
  const report = (): TestReport => ({ ...head, results: results.filter((result) => result !== undefined) });
  const left = results.flatMap((result, i) => (result ? [] : [i]));
  const total = asked.sets.length;
  const done = () => results.filter((result) => result !== undefined).length;
  const telling = new Turns();

  const threads = Math.min(threadsFor(place, asked, options), left.length);
  if (threads === 0) return report();

  await using runner = await place.start(part, threads);
  const { signal, onResult, onProgress } = options;
  const runSets = async (): Promise<void> => {
    while (left.length > 0) {
      signal?.throwIfAborted();
      const i = left.shift()!;
      const tell = (step: string) => onProgress?.(`set ${i + 1}: ${step}`, done(), total);
      const result = await runner.run(asked.sets[i], { debug: asked.debug, signal, onStep: tell });
      results[i] = result;
      tell("done");
      await telling.take(async () => onResult?.(result, report()));
    }
  };
  await Promise.all(Array.from({ length: threads }, runSets));
  return report();
}

/** What a file names is the most that it wants; what a caller names is meant. */
function threadsFor(
  { mostThreads }: TestPlace,
  { maxThreads = 1 }: TestInput,
  { threads = Math.min(maxThreads, mostThreads) }: TestParametersOptions,
): number {
  if (threads <= mostThreads) return threads;
  throw new InputError(
    `testParameters: threads: expected 1, as there are no worker threads here, got ${threads}; leave it out`,
  );
}

function checkedOptions(options: TestParametersOptions): TestParametersOptions {
  const parsed = optionsSchema.safeParse(requireOptions("testParameters", options));
  if (parsed.success) return options;
  const [{ path, message }] = parsed.error.issues;
  throw new InputError(`testParameters: options: ${path.join(".") || "the whole"}: ${message}`);
}

function reportHead(
  { machine, versions }: TestPlace,
  network: Network,
  { first, images, model }: TestedPart,
  { debug, dataset }: TestInput,
  options: TestParametersOptions,
): Omit<TestReport, "results"> {
  return {
    format: "he-ml parameter test",
    version: 1,
    model: network.name,
    model_digest: digestOf({ inputShape: network.inputShape, layers: network.layers }),
    dataset: options.dataset ?? dataset ?? null,
    index: options.index ?? 0,
    count: images.shape[0],
    layers: model.layers.map((_, i) => first + i),
    debug,
    machine,
    versions,
  };
}
