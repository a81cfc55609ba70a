import { isList, isObject, requireArgument, requireList, requireOptions } from "../arguments.js";
import type { LevelAndScale } from "../crypto/ciphertext.js";
import { defaultEvaluator, evaluatorKinds, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { maxCoeffModulusBits, requireParameters, type CkksParameters } from "../crypto/parameters.js";
import type { RotationNeed } from "../crypto/rotation-keys.js";
import {
  byTable,
  isSecurityAsked,
  mostModulusBits,
  securityTable as tableOf,
  type AskedSecurity,
} from "../crypto/security-tables.js";
import type { SlotLayout } from "../crypto/slot-layout.js";
import { InputError } from "../errors.js";
import { layerForward, requireNetwork, type Model } from "../model/model.js";
import { inputRangeOf, type InputRange } from "../model/input-range.js";
import { requireValueRanges, type ValueRange } from "../model/value-range.js";
import { freshState } from "../layers/functional/reencryption.js";
import { runToEnd, type Step } from "../long-work.js";
import { requireTensor, type Shape, type Tensor } from "../tensor/tensor.js";
import { believedScales, defaultRelativeError, heldScales } from "./believed-scales.js";
import { activationDepth } from "./stages/activation.js";
import type { FullSlotLayout } from "./layout/full-slot-layout.js";
import { continueScales } from "./scales/continued-scales.js";
import { typicalCosts, type PlanningCosts } from "./search/costs.js";
import type { Leftovers } from "./errors/error-budget.js";
import { firstOutOfReach } from "./scales/lazy-scales.js";
import { measure, type Measured } from "./errors/measure.js";
import { requireSameChain, startLayout, type PlanStart } from "./plan-start.js";
import { rotationNeeds } from "./matvec/rotation-needs.js";
import { otherImages, sampleImages } from "./errors/samples.js";
import { withTrial } from "./errors/simulate.js";
import { searchSteps, type TransformPlan } from "./search/search.js";
import type { LinearTransform } from "./matvec/linear-transform.js";
import type { ScalePlan, StageScales } from "./scales/stage-scales.js";
import { stageOutputState } from "./scales/stage-state.js";
import { scalesOnChain } from "./scales/waterline-scales.js";
import { stagesOf, type Stage, type StageOptions } from "./stages/stages.js";

export interface PlanOptions extends StageOptions, AskedSecurity {
  /** CKKS parameters to plan for; chosen with the asked security if left out. */
  readonly parameters?: CkksParameters;
  /** Ciphertexts that another plan's last stage left, which this one goes on with; a client packs and encrypts if left out. */
  readonly start?: PlanStart;
  /** Images to see values on, `[n, …shape]` of what the first planned layer reads; made up in `[0, 1]` if left out. */
  readonly samples?: Tensor;
  /** Ranges that the layers' values were seen in. */
  readonly valueRanges?: readonly ValueRange[];
  /**
   * Largest error at the output, relative to the largest output, that is asked for; 0.01 if left out. With `start` it is held
   * against a trial where it is given.
   */
  readonly relativeError?: number;
  /** Input ciphertexts that a client may be asked to send for an image; 4 if left out. */
  readonly mostInputCiphertexts?: number;
  /** What will compute: by its costs and its noise it is planned; `defaultEvaluator` if left out. */
  readonly evaluator?: EvaluatorKind;
  /** What operations cost on this machine; typical costs if left out. */
  readonly costs?: PlanningCosts;
}

type SettledOptions = PlanOptions & Required<Pick<PlanOptions, "evaluator" | "costs">>;

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
  /** What it was planned for; what it says runs on any. */
  readonly evaluator: EvaluatorKind;
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
export function* planSteps(model: Model, given: PlanOptions = {}): Generator<Step, Plan> {
  requireNetwork("plan", model);
  requirePlanOptions(given);
  const options: SettledOptions = {
    ...given,
    evaluator: given.evaluator ?? defaultEvaluator,
    costs: given.costs ?? typicalCosts,
  };
  const stages = stagesOf(model, options);
  if (stages.length === 0) throw new InputError(`plan: model "${model.name}" has no layers to compute`);
  const images = {
    samples: sampleImages(model, stages, options.samples, options.valueRanges),
    others: otherImages(model, stages, options.valueRanges),
  };
  const finish = (...found: [TransformPlan, Measured, ScalePlan]) =>
    finishPlan(model, stages, options, ...found);
  const { parameters, start, security = 128, securityTable } = options;
  if (start) {
    requireSameChain(start, parameters);
    const input = startLayout(start, stages[0].inputShape);
    const slots = yield* planSlots(stages, start.parameters.polyModulusDegree, options, input);
    const measured = yield* measure(stages, slots, images, options);
    const scales = scalesFrom(start, measured);
    return finish(slots, measured, heldScales(measured, scales, options.relativeError));
  }
  if (parameters) {
    const slots = yield* planSlots(stages, parameters.polyModulusDegree, options);
    const measured = yield* measure(stages, slots, images, options);
    const scales = scalesOnChain(parameters, measured.scaleStages, measured.budget);
    return finish(slots, measured, withTrial(measured, scales));
  }
  const problems: string[] = [];
  for (const degree of Object.keys(maxCoeffModulusBits).map(Number)) {
    const ring = { polyModulusDegree: degree, security, securityTable };
    if (degree < 4096 || mostModulusBits(ring) === 0) continue;
    const beyond = firstOutOfReach(ring, stages);
    if (beyond) {
      problems.push(`at polyModulusDegree ${degree} the modulus ends before stage "${beyond.name}"`);
      continue;
    }
    try {
      const slots = yield* planSlots(stages, degree, options);
      const measured = yield* measure(stages, slots, images, options);
      const { scales, problem } = yield* believedScales(ring, measured, slots.transforms, options);
      if (scales) return finish(slots, measured, scales);
      problems.push(`at polyModulusDegree ${degree} ${problem}`);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(error.message.replace(/^plan: /, ""));
    }
  }
  throw new InputError(
    `plan: no ${security}-bit parameters${byTable(securityTable)} carry model "${model.name}" packed: ` +
      `${problems.at(-1)}; use fewer activations, ask for less precision, re-encrypt in between, or use packing batch`,
  );
}

function requirePlanOptions(options: PlanOptions): void {
  const { samples, valueRanges, relativeError, mostInputCiphertexts, evaluator, costs, splitAfter, start } =
    requireOptions("plan", options);
  if (samples !== undefined) requireTensor("plan: samples", samples);
  requireValueRanges("plan", valueRanges);
  const isError = relativeError === undefined || (Number.isFinite(relativeError) && relativeError > 0);
  requireArgument("plan: relativeError", isError, "a number above 0", relativeError);
  const isCount =
    mostInputCiphertexts === undefined ||
    (Number.isInteger(mostInputCiphertexts) && mostInputCiphertexts > 0);
  requireArgument("plan: mostInputCiphertexts", isCount, "a whole number above 0", mostInputCiphertexts);
  const isKind = evaluator === undefined || evaluatorKinds.includes(evaluator);
  requireArgument("plan: evaluator", isKind, evaluatorKinds.join(" or "), evaluator);
  requireArgument("plan: costs", costs === undefined || typeof costs === "function", "a function", costs);
  requireArgument("plan: start", start === undefined || isObject(start), "what startAfter gives", start);
  if (options.parameters !== undefined) requireParameters("plan", options.parameters);
  tableOf(options.security, options.securityTable);
  if (isSecurityAsked(options) && (start ?? options.parameters) !== undefined) {
    throw new InputError(
      `plan: security chooses parameters, and they are given with their own; leave security and securityTable out`,
    );
  }
  if (splitAfter) requireList("plan: splitAfter", splitAfter, "a list of layers' numbers", Number.isInteger);
}

/** @throws InputError unless it has the form of a plan */
export function requirePlan(operation: string, plan: unknown): asserts plan is Plan {
  const { model, parameters, input, stages, start } = (plan ?? {}) as Partial<Plan>;
  const hasStages = isList(stages) && stages.length > 0 && stages.every(isStage);
  const isRight = isObject(model) && isObject(parameters) && isList(input) && isObject(start) && hasStages;
  requireArgument(operation, isRight, "a plan; make one with planModel, or compile", plan);
  requireParameters(operation, parameters);
  requireNetwork(operation, model);
}

const isStage = (stage: unknown) => isObject(stage) && "modelLayers" in stage && isList(stage.modelLayers);

function planSlots(
  stages: readonly Stage[],
  degree: number,
  { start, evaluator, costs, mostInputCiphertexts = 4 }: SettledOptions,
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
    costs: costs(degree, first, evaluator),
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
  { start: from, samples, valueRanges, evaluator, relativeError = defaultRelativeError }: SettledOptions,
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
    evaluator,
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
