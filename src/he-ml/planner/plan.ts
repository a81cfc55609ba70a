import { pack } from "../crypto/packing.js";
import { maxCoeffModulusBits, type CkksParameters } from "../crypto/parameters.js";
import type { RotationNeed } from "../crypto/rotation-keys.js";
import type { SlotLayout } from "../crypto/slot-layout.js";
import { InputError } from "../errors.js";
import { layerForward, type Model } from "../model/model.js";
import type { ValueRange } from "../model/value-range.js";
import { formatShape, sizeOf, tensor, type Shape, type Tensor } from "../tensor/tensor.js";
import { activationDepth, largestActivated } from "./activation.js";
import { typicalCosts, type PrimitiveCosts } from "./costs.js";
import { measureErrorBudget, type ErrorBudget } from "./error-budget.js";
import { chainCarries, chooseScales, firstOutOfReach } from "./lazy-scales.js";
import type { ScalePlan, ScaleStage, StageScales } from "./stage-scales.js";
import { scalesOnChain } from "./waterline-scales.js";
import { searchSlotPlan, type SlotPlan } from "./search.js";
import type { SlotMap } from "./slot-map.js";
import { stagesOf, type Stage, type StageOptions } from "./stages.js";

export interface PlanOptions extends StageOptions {
  /** CKKS parameters to plan for; chosen with 128-bit security if left out. */
  readonly parameters?: CkksParameters;
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
  readonly slotMap?: SlotMap;
  readonly input: SlotLayout;
  readonly output: SlotLayout;
  /** Predicted standard deviation of the error at its outputs, in the values' own unit. */
  readonly predictedError: number;
}

/** How a model is computed on packed ciphertexts, worked out before anything is encrypted. */
export interface Plan {
  readonly model: Model;
  readonly parameters: CkksParameters;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** How a client packs one image. */
  readonly input: SlotLayout;
  readonly stages: readonly PlannedStage[];
  /** Rotation keys that the server needs, each at the highest level it is used at. */
  readonly rotations: readonly RotationNeed[];
}

const defaultRelativeError = 0.01;
/**
 * The largest error is taken to be four standard deviations. A normal error is larger with probability
 * erfc(4/√2) = 6.3·10⁻⁵ (https://dlmf.nist.gov/7.2); so among 1,000 outputs there is one that is larger with probability
 * 1 − (1 − 6.3·10⁻⁵)¹⁰⁰⁰ = 6 %, that is in about one set of 1,000 outputs in sixteen.
 */
const deviationsInLargest = 4;
const samplesUsed = 2;
/** Values may grow by this factor over those seen before they meet the modulus. */
const margin = 2;

/**
 * Plans packed inference: fuses layers into stages, searches layouts and rotations, and chooses chain and scales.
 *
 * @throws InputError naming the stage that does not fit, and what would help
 * @example const plan = planModel(model, { samples: images, valueRanges });
 */
export function planModel(model: Model, options: PlanOptions = {}): Plan {
  const stages = stagesOf(model, options);
  if (stages.length === 0) throw new InputError(`plan: model "${model.name}" has no layers to compute`);
  const samples = samplesFor(stages, options);
  const { parameters } = options;
  if (parameters) {
    const slots = planSlots(stages, parameters.polyModulusDegree, options);
    const { budget, scaleStages } = measure(stages, slots, samples, parameters.slots, options);
    return finishPlan(model, stages, slots, scalesOnChain(parameters, scaleStages, budget));
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
      const slots = planSlots(stages, degree, options);
      const { budget, scaleStages, largestOutput } = measure(stages, slots, samples, degree / 2, options);
      const wanted = ((options.relativeError ?? defaultRelativeError) * largestOutput) / deviationsInLargest;
      const scales = chooseScales(degree, scaleStages, budget, wanted);
      if (scales) return finishPlan(model, stages, slots, scales);
      problems.push(`at polyModulusDegree ${degree} ${whatFails(degree, scaleStages, budget)}`);
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

function planSlots(stages: readonly Stage[], degree: number, options: PlanOptions): SlotPlan {
  const depths = stages.map(({ activation }) => activationDepth(activation));
  const levels = depths.map((_, i) => 1 + depths.slice(i).reduce((sum, depth) => sum + depth, 0));
  return searchSlotPlan(stages, {
    slots: degree / 2,
    costs: (options.costs ?? typicalCosts)(degree, levels[0]),
    levels,
    mostInputCiphertexts: options.mostInputCiphertexts ?? 4,
  });
}

interface Measured {
  readonly budget: ErrorBudget;
  readonly scaleStages: readonly ScaleStage[];
  /** Largest magnitude among the outputs of the last stage. */
  readonly largestOutput: number;
}

function measure(
  stages: readonly Stage[],
  slotPlan: SlotPlan,
  samples: Tensor,
  slots: number,
  options: PlanOptions,
): Measured {
  const slotStages = stages.map(({ activation }, i) => ({
    slotMap: slotPlan.slotMaps[i],
    output: slotPlan.contents[i],
    activation,
  }));
  const [images, ...shape] = samples.shape;
  const packed = [...pack(samples, { shape, images, packing: "packed", slotLayout: slotPlan.input }, slots)];
  const perImage = slotPlan.input.length;
  const budget = measureErrorBudget(
    slotStages,
    Array.from({ length: images }, (_, i) => packed.slice(i * perImage, (i + 1) * perImage)),
  );
  const known = stages.map((stage, i) =>
    Math.max(budget.largestOutput[i], recordedLargest(stage, options.valueRanges), Number.MIN_VALUE),
  );
  const scaleStages = stages.map(({ name, activation }, i): ScaleStage => {
    const slotMap = slotPlan.slotMaps[i];
    const leftovers = budget.largestOutput[i] > 0 ? budget.largestSlot[i] / budget.largestOutput[i] : 1;
    return {
      name,
      products: (slotMap?.diagonals.length ?? 0) > 0,
      divisor: slotMap?.divisor ?? 1,
      activation,
      largest: margin * Math.max(budget.largestSlot[i], known[i] * leftovers),
    };
  });
  const last = known.at(-1)!;
  // Where nothing but zeros comes out, errors are measured against 1.
  const largestOutput = last === Number.MIN_VALUE ? 1 : largestActivated(stages.at(-1)!.activation, last);
  return { budget, scaleStages, largestOutput };
}

/** Largest recorded magnitude just before a stage's activation, 0 where nothing is known. */
function recordedLargest({ layers, activation }: Stage, valueRanges: readonly ValueRange[] = []): number {
  // What a polynomial gave does not tell what it was given; then the layer before must.
  const isSquare = layers.at(-1)!.kind === "square";
  const { name } = activation && !isSquare ? (layers.at(-2) ?? layers[0]) : layers.at(-1)!;
  const range = valueRanges.find((candidate) => candidate.name === name);
  if (!range) return 0;
  const largest = Math.max(Math.abs(range.min), Math.abs(range.max));
  return isSquare ? Math.sqrt(largest) : largest;
}

function finishPlan(
  model: Model,
  stages: readonly Stage[],
  slotPlan: SlotPlan,
  { parameters, stages: scales, errors }: ScalePlan,
): Plan {
  const planned = stages.map((stage, i): PlannedStage => ({
    ...stage,
    ...scales[i],
    slotMap: slotPlan.slotMaps[i],
    input: i === 0 ? slotPlan.input : slotPlan.contents[i - 1],
    output: slotPlan.contents[i],
    predictedError: errors[i],
  }));
  return {
    model,
    parameters,
    inputShape: stages[0].inputShape,
    outputShape: stages.at(-1)!.outputShape,
    input: slotPlan.input,
    stages: planned,
    rotations: rotationsOf(planned),
  };
}

function rotationsOf(stages: readonly PlannedStage[]): RotationNeed[] {
  const levels = new Map<number, number>();
  for (const { slotMap, level } of stages) {
    if (!slotMap) continue;
    const { diagonals, folds, poolSums } = slotMap;
    const steps = [
      ...diagonals.flatMap(({ baby, giant }) => [baby, giant]),
      ...folds.flat(),
      ...poolSums.flat(),
    ];
    for (const step of steps) if (step !== 0) levels.set(step, Math.max(level, levels.get(step) ?? 0));
  }
  return [...levels].map(([step, level]) => ({ step, level })).sort((a, b) => a.step - b.step);
}

function samplesFor([first]: readonly Stage[], { samples, layers, valueRanges }: PlanOptions): Tensor {
  if (!samples) {
    const input = layers && layers[0] > 0 ? undefined : valueRanges?.find(({ name }) => name === "input");
    return madeUpImages(first.inputShape, input);
  }
  const [images, ...shape] = samples.shape;
  if (formatShape(shape) !== formatShape(first.inputShape) || images === 0) {
    throw new InputError(
      `plan: expected samples [n, ${first.inputShape.join(", ")}], got [${samples.shape.join(", ")}]`,
    );
  }
  const used = Math.min(images, samplesUsed);
  return tensor([used, ...shape], samples.data.subarray(0, used * sizeOf(shape)));
}

/** Images of noise, always the same, over the range that inputs have. */
function madeUpImages(shape: Shape, range: ValueRange | undefined): Tensor {
  const [min, max] = range ? [range.min, range.max] : [0, 1];
  let state = 1_234_567_891;
  const values = Array.from({ length: samplesUsed * sizeOf(shape) }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return min + ((max - min) * state) / 2_147_483_647;
  });
  return tensor([samplesUsed, ...shape], values);
}

/** The plain forward of a stage. */
export function stageForward({ layers }: Stage, batch: Tensor): Tensor {
  return layers.reduce((current, layer) => layerForward(layer, current), batch);
}
