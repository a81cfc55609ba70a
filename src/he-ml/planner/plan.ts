import type { LevelAndScale } from "../crypto/ciphertext.js";
import { maxCoeffModulusBits, type CkksParameters } from "../crypto/parameters.js";
import type { RotationNeed } from "../crypto/rotation-keys.js";
import type { SlotLayout } from "../crypto/slot-layout.js";
import { InputError } from "../errors.js";
import { layerForward, requireNetwork, type Model } from "../model/model.js";
import { inputRangeOf, type InputRange } from "../model/input-range.js";
import type { ValueRange } from "../model/value-range.js";
import { freshState } from "../layers/functional/reencryption.js";
import { runToEnd, type Step } from "../long-work.js";
import type { Shape, Tensor } from "../tensor/tensor.js";
import { activationDepth } from "./stages/activation.js";
import type { FullSlotLayout } from "./layout/full-slot-layout.js";
import { continueScales } from "./scales/continued-scales.js";
import { typicalCosts, type PrimitiveCosts } from "./search/costs.js";
import type { ErrorBudget, Leftovers } from "./errors/error-budget.js";
import { chainCarries, chooseScales, firstOutOfReach } from "./scales/lazy-scales.js";
import { measure, type Measured } from "./errors/measure.js";
import { requireSameChain, startLayout, type PlanStart } from "./plan-start.js";
import { rotationNeeds } from "./matvec/rotation-needs.js";
import { otherImages, sampleImages } from "./errors/samples.js";
import { chance, tryScales, withLarger, withTrial } from "./errors/simulate.js";
import { searchSteps, type TransformPlan } from "./search/search.js";
import type { LinearTransform } from "./matvec/linear-transform.js";
import type { ScalePlan, ScaleStage, StageScales } from "./scales/stage-scales.js";
import { stageOutputState } from "./scales/stage-state.js";
import { scalesOnChain } from "./scales/waterline-scales.js";
import { stagesOf, type Stage, type StageOptions } from "./stages/stages.js";

export interface PlanOptions extends StageOptions {
  /** CKKS parameters to plan for; chosen with 128-bit security if left out. */
  readonly parameters?: CkksParameters;
  /** Ciphertexts that another plan's last stage left, which this one goes on with; a client packs and encrypts if left out. */
  readonly start?: PlanStart;
  /** Images to see values on, `[n, …shape]` of what the first planned layer reads; made up in `[0, 1]` if left out. */
  readonly samples?: Tensor;
  /** Ranges that the layers' values were seen in. */
  readonly valueRanges?: readonly ValueRange[];
  /** Largest error at the output, relative to the largest output, that is asked for; 0.01 if left out. */
  readonly relativeError?: number;
  /** Input ciphertexts that a client may be asked to send for an image; 4 if left out. */
  readonly mostInputCiphertexts?: number;
  /** What operations cost on this machine; typical costs if left out. */
  readonly costs?: (polyModulusDegree: number, levels: number) => PrimitiveCosts;
}

export interface PlannedStage extends Stage, StageScales {
  readonly transform?: LinearTransform;
  readonly input: SlotLayout;
  readonly output: SlotLayout;
  /** Predicted standard deviation of the error at its outputs, in the values' own unit. */
  readonly predictedError: number;
  /** What lies in the slots of its output, those that hold no value included. */
  readonly leftovers: Leftovers;
  /** Largest magnitude among its outputs that was seen, on samples or when ranges were recorded. */
  readonly largestOutput: number;
}

/** How a model is computed on packed ciphertexts, worked out before anything is encrypted. */
export interface Plan {
  readonly model: Model;
  readonly parameters: CkksParameters;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** How one image lies in the input ciphertexts. */
  readonly input: SlotLayout;
  /** Whether these are what another plan left, and no client's encryption. */
  readonly continues: boolean;
  /** The values that a client's images may hold; undefined where no client encrypts. */
  readonly inputRange?: InputRange;
  /** Largest error at the output, relative to the largest output, that was asked for. */
  readonly relativeError: number;
  /** Level and scale of the input ciphertexts, and of the last stage's. */
  readonly start: LevelAndScale;
  readonly end: LevelAndScale;
  readonly stages: readonly PlannedStage[];
  /** Rotation keys that the server needs, each at the highest level it is used at. */
  readonly rotations: readonly RotationNeed[];
}

export const defaultRelativeError = 0.01;
/**
 * The largest error is taken to be four standard deviations. A normal error is larger with probability
 * erfc(4/√2) = 6.3·10⁻⁵ (https://dlmf.nist.gov/7.2); so among 1,000 outputs there is one that is larger with probability
 * 1 − (1 − 6.3·10⁻⁵)¹⁰⁰⁰ = 6 %, that is in about one set of 1,000 outputs in sixteen.
 */
const deviationsInLargest = 4;

/**
 * Plans packed inference: fuses layers into stages, searches layouts and rotations, and chooses chain and scales.
 *
 * @throws InputError naming the stage that does not fit, and what would help
 * @example const plan = planModel(model, { samples: images, valueRanges });
 */
export function planModel(model: Model, options: PlanOptions = {}): Plan {
  return runToEnd(planSteps(model, options));
}

/** `planModel` in steps, between which it can be stopped. */
export function* planSteps(model: Model, options: PlanOptions = {}): Generator<Step, Plan> {
  requireNetwork("plan", model);
  const stages = stagesOf(model, options);
  if (stages.length === 0) throw new InputError(`plan: model "${model.name}" has no layers to compute`);
  const images = {
    samples: sampleImages(model, stages, options.samples, options.valueRanges),
    others: otherImages(model, stages, options.valueRanges),
  };
  const finish = (...found: [TransformPlan, Measured, ScalePlan]) =>
    finishPlan(model, stages, options, ...found);
  const { parameters, start } = options;
  if (start) {
    requireSameChain(start, parameters);
    const input = startLayout(start, stages[0].inputShape);
    const slots = yield* planSlots(stages, start.parameters.polyModulusDegree, options, input);
    const measured = yield* measure(stages, slots, images, options);
    return finish(slots, measured, withTrial(measured, scalesFrom(start, measured)));
  }
  if (parameters) {
    const slots = yield* planSlots(stages, parameters.polyModulusDegree, options);
    const measured = yield* measure(stages, slots, images, options);
    const scales = scalesOnChain(parameters, measured.scaleStages, measured.budget);
    return finish(slots, measured, withTrial(measured, scales));
  }
  const problems: string[] = [];
  for (const degree of Object.keys(maxCoeffModulusBits).map(Number)) {
    if (degree < 4096) continue;
    const beyond = firstOutOfReach(degree, stages);
    if (beyond) {
      problems.push(`at polyModulusDegree ${degree} the modulus ends before stage "${beyond.name}"`);
      continue;
    }
    try {
      const slots = yield* planSlots(stages, degree, options);
      const measured = yield* measure(stages, slots, images, options);
      const { scales, problem } = yield* believedScales(degree, measured, options.relativeError);
      if (scales) return finish(slots, measured, scales);
      problems.push(`at polyModulusDegree ${degree} ${problem}`);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(error.message.replace(/^plan: /, ""));
    }
  }
  throw new InputError(
    `plan: no 128-bit parameters carry model "${model.name}" packed: ${problems.at(-1)}; ` +
      `use fewer activations, ask for less precision, re-encrypt in between, or use packing batch`,
  );
}

/**
 * How large an error inside of a network may be beside the largest value there. The first is tried first: many networks take
 * whatever errors their first stages have down again. Where that holds in first order only, so that a trial shows larger
 * errors than were predicted, errors are kept small everywhere.
 */
const innerShares = [Infinity, 1 / 8, 1 / 64];
/** The scales that are as precise as asked for, as is predicted and as a trial with noise shows. */
function* believedScales(
  degree: number,
  measured: Measured,
  relativeError = defaultRelativeError,
): Generator<Step, { readonly scales?: ScalePlan; readonly problem?: string }> {
  const { budget, scaleStages, largestOutputs } = measured;
  let problem: string | undefined;
  for (const share of innerShares) {
    const wanted = largestOutputs.map((largest, stage) =>
      stage < largestOutputs.length - 1 ? share * largest : (relativeError * largest) / deviationsInLargest,
    );
    const scales = chooseScales(degree, scaleStages, budget, wanted);
    if (!scales) break;
    yield planned(measured);
    const trial = tryScales(measured, scales, measured.samples);
    yield planned(measured);
    const others = tryScales(measured, scales, measured.others, 1);
    const largest = largestOutputs.at(-1)!;
    const shares = [trial, others].map(
      ({ errors, largestOutput }) => errors.at(-1)! / Math.max(largest, largestOutput),
    );
    // Where nothing but zeros is computed, there is room for errors up to 1: see magnitudeBits.
    const fits = trial.largestComputed.every(
      (largestSeen, stage) => largestSeen <= (budget.largestSlot[stage] > 0 ? scaleStages[stage].largest : 1),
    );
    if (fits && Math.max(...shares) <= (chance * relativeError) / deviationsInLargest) {
      return { scales: withLarger(scales, trial) };
    }
    const first = scales.errors.findIndex((error, stage) => trial.errors[stage] > chance * error);
    problem = `a trial with noise shows larger errors than asked for, from stage "${scaleStages[Math.max(0, first)].name}" on`;
  }
  return { problem: problem ?? whatFails(degree, scaleStages, budget) };
}

/** Which stage a degree's modulus cannot carry, or that all of them fit and are not precise enough. */
function whatFails(degree: number, stages: readonly ScaleStage[], budget: ErrorBudget): string {
  const first = stages.findIndex((_, i) => {
    const sources = budget.sources.filter(({ stage }) => stage <= i);
    const before = sources.map((source) => ({ ...source, gain: source.gain.slice(0, i + 1) }));
    return !chainCarries(degree, stages.slice(0, i + 1), { ...budget, sources: before });
  });
  return first < 0
    ? `the stages fit, but not as precisely as asked for`
    : `the modulus ends before stage "${stages[first].name}"`;
}

/** All stages have their layouts; scales are left. */
const planned = ({ scaleStages }: Measured): Step => ({
  done: scaleStages.length,
  total: scaleStages.length,
});

function planSlots(
  stages: readonly Stage[],
  degree: number,
  { start, costs = typicalCosts, mostInputCiphertexts = 4 }: PlanOptions,
  input?: FullSlotLayout,
): Generator<Step, TransformPlan> {
  const depths = stages.map(({ activation }) => activationDepth(activation));
  const depth = depths.reduce((sum, each) => sum + each, 0);
  const first = start?.level ?? 1 + depth;
  const levels = depths.map((_, i) =>
    Math.max(1, first - depths.slice(0, i).reduce((sum, each) => sum + each, 0)),
  );
  return searchSteps(stages, {
    slots: degree / 2,
    costs: costs(degree, first),
    levels,
    mostInputCiphertexts: input?.length ?? mostInputCiphertexts,
    input,
  });
}

/** Scales for what another plan left. */
function scalesFrom(start: PlanStart, { scaleStages, budget }: Measured): ScalePlan {
  const isPolynomial = scaleStages.some(({ activation }) => activation?.kind === "polynomial");
  return (isPolynomial ? scalesOnChain : continueScales)(start.parameters, scaleStages, budget, start);
}

function finishPlan(
  model: Model,
  stages: readonly Stage[],
  { start: from, samples, valueRanges, relativeError = defaultRelativeError }: PlanOptions,
  transformPlan: TransformPlan,
  { budget, largestOutputs }: Measured,
  { parameters, stages: scales, errors }: ScalePlan,
): Plan {
  const inputRange = from ? undefined : inputRangeOf(model, stages[0].modelLayers[0], samples, valueRanges);
  const plannedStages = stages.map((stage, i): PlannedStage => ({
    ...stage,
    ...scales[i],
    transform: transformPlan.transforms[i],
    input: i === 0 ? transformPlan.inputLayout : transformPlan.outputLayouts[i - 1],
    output: transformPlan.outputLayouts[i],
    predictedError: errors[i],
    leftovers: budget.leftovers[i],
    largestOutput: largestOutputs[i],
  }));
  const { level, scale } = from ?? freshState(parameters);
  return planOf({
    model,
    parameters,
    input: transformPlan.inputLayout,
    continues: from !== undefined,
    inputRange,
    relativeError,
    start: { level, scale },
    stages: plannedStages,
  });
}

/** What follows from the stages of a plan, added to it. */
export function planOf(parts: Omit<Plan, "inputShape" | "outputShape" | "end" | "rotations">): Plan {
  const { parameters, start, stages } = parts;
  return {
    ...parts,
    inputShape: stages[0].inputShape,
    outputShape: stages.at(-1)!.outputShape,
    end: stages.reduce<LevelAndScale>((at, stage) => stageOutputState(parameters, stage, at), start),
    rotations: rotationNeeds(stages),
  };
}

/** The plain forward of a stage. */
export function stageForward({ layers }: Stage, batch: Tensor): Tensor {
  return layers.reduce((current, layer) => layerForward(layer, current), batch);
}
