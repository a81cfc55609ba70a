import * as z from "zod";
import { defaultEvaluator, evaluatorKindSchema, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { packings, type Packing } from "../crypto/packing.js";
import {
  checkParameters,
  parametersSpec,
  parametersSpecSchema,
  sameParameters,
  type CkksParameters,
  type ParametersSpec,
} from "../crypto/parameters.js";
import { isSecurityAsked, securityLevels, type AskedSecurity } from "../crypto/security-tables.js";
import { InputError } from "../errors.js";
import { selectLayers } from "../model/layer-range.js";
import { layerShapes, requireNetwork, type Model } from "../model/model.js";
import { encryptableModel } from "../model/unsupported-layers.js";
import { inputRangeOf, type InputRange } from "../model/input-range.js";
import { valueRangeSchema, type ValueRange } from "../model/value-range.js";
import type { PlanningCosts } from "../planner/search/costs.js";
import { planHead } from "../planner/plan-head.js";
import type { PlanStart } from "../planner/plan-start.js";
import { planWithWeights } from "../planner/plan-with-weights.js";
import { planSteps, type Plan, type PlanOptions } from "../planner/plan.js";
import { finishInTurns, type LongWorkOptions } from "../long-work.js";
import { formatShape, requireTensor } from "../tensor/tensor.js";
import { chooseParameters, layerStates } from "./chain.js";
import { costsUnder, typical, type CostSource } from "./cost-source.js";
import { readOutputSpec, type OutputSpec } from "./client-spec.js";
import type { LayeredProgram, PackedProgram, ProgramContent } from "./program-content.js";
import { Program } from "./program.js";

type PackedOptions = Pick<
  PlanOptions,
  "fuse" | "splitAfter" | "samples" | "relativeError" | "mostInputCiphertexts"
>;

/** How to compile a model. What `planModel` takes too, but ranges and costs, is for packing `packed` only. */
export interface CompileOptions extends PackedOptions, AskedSecurity, LongWorkOptions {
  /** `packed` (one image, fast) if left out, or `batch` (up to N / 2 images at once), or `scalar`. */
  readonly packing?: Packing;
  /** CKKS parameters; chosen, or the model's own layer by layer, if left out. */
  readonly parameters?: ParametersSpec | CkksParameters;
  /**
   * Positions of the model's layers to compute, contiguous and ascending; all of them, or all from `input` on, if left
   * out. A range that ends before the model's last layer leaves room in the modulus for the rest.
   */
  readonly layers?: readonly number[];
  /** Another program's `clientSpec.output`, to go on from there under the same keys. */
  readonly input?: OutputSpec;
  /**
   * A program of the same network with other weights: the new one takes all that it has, and its keys stay good. Beside it
   * only `input`, `samples`, `valueRanges` and `costs` are given.
   */
  readonly keysOf?: Program;
  /** Ranges that the layers' values were seen in; the model's own if left out. */
  readonly valueRanges?: readonly ValueRange[];
  /**
   * What will compute: by its costs and its noise it is planned. The `kernel` evaluator's primes have 50 bits at most, where
   * that is precise enough.
   */
  readonly evaluator?: EvaluatorKind;
  /**
   * What operations cost, to plan by. If left out, costs are measured on this machine (once, about a second) in Node, and
   * typical ones elsewhere.
   */
  readonly costs?: PlanningCosts;
}

/**
 * Plans encrypted inference of a model, or of a range of its layers.
 *
 * @throws InputError before anything is encrypted, naming the layer or stage that does not fit, and what would help
 * @example
 * const program = await compile(model); // one image at a time, fast
 * const batch = await compile(model, { packing: "batch" }); // thousands of images at once
 * const first = await compile(model, { layers: [0, 1, 2, 3] });
 * const rest = await compile(model, { layers: [4, 5, 6, 7], input: first.clientSpec.output }); // on another server
 * const retrained = await compile(sameNetworkTrainedAgain, { keysOf: program }); // clients keep their keys
 */
export function compile(model: Model, options: CompileOptions = {}): Promise<Program> {
  return compileBy(typical, model, options);
}

/** As `compile`, with the source of costs that are not given. */
export async function compileBy(source: CostSource, model: Model, options: CompileOptions): Promise<Program> {
  requireModel(model);
  requireOptions(options);
  if (options.keysOf) return compileWithKeysOf(source, model, options.keysOf, options);
  const input = options.input && readOutputSpec(options.input);
  const packing = options.packing ?? input?.packing ?? "packed";
  if (!packings.includes(packing)) {
    throw new InputError(`compile: expected packing ${packings.join(" or ")}, got ${String(packing)}`);
  }
  const layers = rangeOf(model, options.layers, input);
  const given = givenParameters(options, input);
  const { security, securityTable } = options;
  if (given && isSecurityAsked(options)) {
    throw new InputError(
      `compile: security chooses parameters, and ${input ? "the input's" : "those given"} have their own; ` +
        `leave security and securityTable out, or say them in the parameters`,
    );
  }
  if (input) requireContinuation(model, input, packing, layers);
  const evaluator = options.evaluator ?? defaultEvaluator;
  const costs = options.costs ?? (await source.planning(evaluator));
  const job: CompileJob = {
    model,
    evaluator,
    layers,
    input,
    given,
    asked: { security, securityTable },
    valueRanges: options.valueRanges ?? model.valueRanges,
    costs,
  };
  const content =
    packing === "packed" ? await packedProgram(job, options) : layeredProgram(job, packing, options);
  return new Program(content, await costsUnder(source, content, options.costs));
}

function requireModel(model: Model): void {
  requireNetwork("compile", model);
  encryptableModel(model);
}

const isObject = (value: unknown) => typeof value === "object" && value !== null;

const optionsSchema = z.strictObject({
  packing: z.unknown().optional(),
  parameters: z.custom(isObject, "expected parameters, as checkParameters takes or gives them").optional(),
  security: z.literal(securityLevels, { error: "expected 128, 192 or 256" }).optional(),
  securityTable: parametersSpecSchema.shape.securityTable,
  layers: z.array(z.int()).optional(),
  input: z.custom(isObject, "expected another program's clientSpec.output").optional(),
  keysOf: z.custom((value) => value instanceof Program, "expected a Program").optional(),
  valueRanges: z.array(valueRangeSchema).optional(),
  evaluator: evaluatorKindSchema.optional(),
  costs: z.custom((value) => typeof value === "function", "expected a function").optional(),
  fuse: z.boolean().optional(),
  splitAfter: z.array(z.int()).optional(),
  samples: z.unknown().optional(),
  relativeError: z.number().positive().optional(),
  mostInputCiphertexts: z.int().min(1).optional(),
  signal: z.custom(isObject, "expected an AbortSignal").optional(),
  onProgress: z.custom((value) => typeof value === "function", "expected a function").optional(),
} satisfies Record<keyof CompileOptions, z.ZodType>);

/** @throws InputError if an option is unknown or of a wrong type */
function requireOptions(options: CompileOptions): void {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(`compile: options: ${path.join(".") || "the whole"}: ${message}`);
  }
  if (options.samples !== undefined) requireTensor("compile: samples", options.samples);
}

/** What every packing is compiled from. */
interface CompileJob {
  readonly model: Model;
  readonly evaluator: EvaluatorKind;
  readonly layers: readonly number[];
  readonly input?: OutputSpec;
  readonly given?: CkksParameters;
  readonly asked: AskedSecurity;
  readonly valueRanges?: readonly ValueRange[];
  readonly costs: PlanningCosts;
}

function rangeOf(model: Model, layers: readonly number[] | undefined, input?: OutputSpec): readonly number[] {
  const all = model.layers.map((_, index) => index);
  if (layers) return selectLayers(all, layers);
  const rest = all.slice(input?.nextLayer ?? 0);
  if (rest.length > 0) return rest;
  throw new InputError(
    `compile: model "${model.name}" has ${all.length} layers, and the input is the output of the last; nothing is left`,
  );
}

function givenParameters({ parameters }: CompileOptions, input?: OutputSpec): CkksParameters | undefined {
  const given =
    parameters && checkParameters("slots" in parameters ? parametersSpec(parameters) : parameters);
  if (!input) return given;
  const fixed = checkParameters(input.parameters);
  if (given && !sameParameters(given, fixed)) {
    throw new InputError(
      `compile: the input comes under other parameters than those given; leave them out, as one chain serves both programs`,
    );
  }
  return fixed;
}

/** @throws InputError unless a range of this model, in this packing, can go on with such an input */
function requireContinuation(
  model: Model,
  input: OutputSpec,
  packing: Packing,
  layers: readonly number[],
): void {
  const expected = layerShapes(model)[layers[0]];
  if (input.nextLayer !== layers[0] || formatShape(input.shape) !== formatShape(expected)) {
    throw new InputError(
      `compile: layers from ${layers[0]} on take ${formatShape(expected)}, the input is ${formatShape(input.shape)} ` +
        `for layer ${input.nextLayer}; go on with the layer behind the other program's last`,
    );
  }
  if (input.packing !== packing) {
    throw new InputError(
      `compile: the input comes in packing ${input.packing}, expected ${packing}; compile both in one packing`,
    );
  }
}

/** @throws InputError if the model is of another network, its weights do not fit, or an option says otherwise than the program */
async function compileWithKeysOf(
  source: CostSource,
  model: Model,
  old: Program,
  options: CompileOptions,
): Promise<Program> {
  const { packing, evaluator, parameters, security, securityTable, layers, ...packed } = options;
  const { fuse, splitAfter, relativeError, mostInputCiphertexts } = packed;
  const named = firstGiven({
    ...{ packing, evaluator, parameters, security, securityTable, layers },
    ...{ fuse, splitAfter, relativeError, mostInputCiphertexts },
  });
  if (named) throw new InputError(`compile: ${named} is that of the program in keysOf; leave it out`);
  const input = options.input ? readOutputSpec(options.input) : old.content.input;
  const valueRanges = options.valueRanges ?? model.valueRanges;
  const content = withWeights(old.content, model, input, valueRanges, options.samples);
  const program = new Program(
    content,
    options.costs || !old.costs ? await costsUnder(source, content, options.costs) : old.costs,
  );
  if (program.digest === old.digest) return program;
  throw new InputError(
    `compile: keysOf: the model's layers, activations or input are not those of the program: it would be another program, ` +
      `and its keys useless; compile the model without keysOf`,
  );
}

function withWeights(
  old: ProgramContent,
  model: Model,
  input: OutputSpec | undefined,
  valueRanges: readonly ValueRange[] | undefined,
  samples: PackedOptions["samples"],
): ProgramContent {
  const { parameters } = old;
  if (old.packing === "packed") {
    const start = input && startOf(input, parameters);
    const plan = planWithWeights(old.plan, model, { samples, valueRanges, start });
    return { ...old, model, input, plan, inputRange: plan.inputRange };
  }
  requireNoPackedOptions({ samples }, old.packing);
  const states = layerStates({ model, parameters, layers: old.layers }, { valueRanges, start: input });
  return { ...old, model, input, states, inputRange: knownRange(model, old.layers, input, valueRanges) };
}

function layeredProgram(
  { model, evaluator, layers, input, given, asked, valueRanges }: CompileJob,
  packing: LayeredProgram["packing"],
  options: PackedOptions,
): LayeredProgram {
  requireNoPackedOptions(options, packing);
  const own = model.parameters === undefined ? undefined : checkParameters(model.parameters);
  const usual = isSecurityAsked(asked) ? undefined : own;
  const parameters = given ?? usual ?? chooseParameters(model, valueRanges, { ...asked, scalesOf: own });
  const states = layerStates({ model, parameters, layers }, { valueRanges, start: input });
  const inputRange = knownRange(model, layers, input, valueRanges);
  return { model, evaluator, parameters, layers, input, inputRange, packing, states };
}

/** Layer by layer, nothing is planned for values that are not known: what fits into the modulus may come. */
function knownRange(
  model: Model,
  layers: readonly number[],
  input: OutputSpec | undefined,
  valueRanges: readonly ValueRange[] | undefined,
): InputRange | undefined {
  const range = input ? undefined : inputRangeOf(model, layers[0], undefined, valueRanges);
  return range?.assumed ? undefined : range;
}

/** @throws InputError if an option is given that this packing has no use for */
function requireNoPackedOptions(options: PackedOptions, packing: Packing): void {
  const { fuse, splitAfter, samples, relativeError, mostInputCiphertexts } = options;
  const useless = firstGiven({ fuse, splitAfter, samples, relativeError, mostInputCiphertexts });
  if (useless === undefined) return;
  throw new InputError(
    `compile: ${useless} is for packing packed; packing ${packing} computes layer by layer: leave it out`,
  );
}

/** The name of the first option that is given. */
const firstGiven = (options: object) => Object.entries(options).find(([, value]) => value !== undefined)?.[0];

async function packedProgram(
  { model, evaluator, layers, input, given, asked, valueRanges, costs }: CompileJob,
  { signal, onProgress, ...options }: PackedOptions & LongWorkOptions,
): Promise<PackedProgram> {
  const { fuse, samples, relativeError = input?.relativeError, mostInputCiphertexts } = options;
  const outside = options.splitAfter?.find((layer) => !layers.includes(layer));
  if (outside !== undefined) {
    throw new InputError(
      `compile: splitAfter: expected layers within ${layers[0]}–${layers.at(-1)}, got ${outside}`,
    );
  }
  if (options.relativeError !== undefined && given && !input) {
    throw new InputError(
      `compile: relativeError chooses parameters, and they are given; leave one of the two out`,
    );
  }
  const last = layers.at(-1)!;
  const splitAfter = [...(options.splitAfter ?? []), last];
  const steps = planSteps(model, {
    ...{ fuse, samples, relativeError, mostInputCiphertexts, splitAfter, valueRanges, evaluator, costs },
    // The whole rest of the model, so that its modulus is there when this range is done.
    layers: model.layers.map((_, index) => index).slice(layers[0]),
    ...(input ? { start: startOf(input, given!) } : { parameters: given, ...asked }),
  });
  const planned = await finishInTurns(steps, { signal, onProgress });
  const plan: Plan = last === model.layers.length - 1 ? planned : planHead(planned, last);
  const { inputRange } = plan;
  return {
    model,
    evaluator,
    parameters: plan.parameters,
    layers,
    input,
    inputRange,
    packing: "packed",
    plan,
  };
}

function startOf(
  { slotLayout, level, scale, predictedError = 0, leftovers }: OutputSpec,
  parameters: CkksParameters,
): PlanStart {
  return { parameters, slotLayout: slotLayout!, level, scale, predictedError, leftovers };
}
