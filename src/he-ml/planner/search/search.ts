import { maxCoeffModulusBits } from "../../crypto/parameters.js";
import { InputError } from "../../errors.js";
import type { Step } from "../../long-work.js";
import type { Pair } from "../../model/layer.js";
import { formatShape, sizeOf } from "../../tensor/tensor.js";
import { findImageLayout } from "../layout/find-image-layout.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import { powerOfTwoAtLeast, type ImageLayout } from "../layout/image-layout.js";
import { transformCosts, type LinearTransform, type TransformCounts } from "../matvec/linear-transform.js";
import type { Stage } from "../stages/stages.js";
import { rotationCosts, transformMilliseconds, type PrimitiveCosts } from "./costs.js";
import { plainInputLayouts, type InputRoom } from "./input-layouts.js";
import { candidatesOfFirstStage, candidatesOfStage, type FirstProposal } from "./stage-candidates.js";
import type { ComputingStage, StageInput } from "./stage-candidates.js";
import { asImage, imageRead, phasesWanted } from "./stage-geometry.js";

export interface SearchOptions extends InputRoom {
  readonly costs: PrimitiveCosts;
  /** Data primes left in each stage. */
  readonly levels: readonly number[];
  /** How the first stage's input lies; the client packs it as suits the plan best if left out. */
  readonly input?: FullSlotLayout;
}

/** Layouts and linear transforms of all stages, the cheapest found. */
export interface TransformPlan {
  readonly inputLayout: FullSlotLayout;
  /** By stage; undefined for one that computes nothing before its activation. */
  readonly transforms: readonly (LinearTransform | undefined)[];
  /** Where the outputs of each stage lie. */
  readonly outputLayouts: readonly FullSlotLayout[];
}

/** The stages up to some point, computed in one way. */
interface PartialPlan {
  /** Predicted milliseconds of its rotations and products. */
  readonly cost: number;
  /** How the client packs the image; undefined before the first stage, unless it is given. */
  readonly inputLayout?: FullSlotLayout;
  readonly transforms: readonly (LinearTransform | undefined)[];
  readonly outputLayouts: readonly FullSlotLayout[];
  /** What the next stage reads: undefined where the client packs it. */
  readonly next?: StageInput;
}

/** A candidate to go on with from a partial plan. */
interface Continuation extends FirstProposal {
  readonly partial: PartialPlan;
  /** The partial plan's cost and the candidate's as it estimates it. */
  readonly estimatedCost: number;
}

/**
 * Partial plans that are gone on with after each stage. With 1 the cheapest way through a stage would be taken whatever it
 * costs the next ones; keeping all would multiply them by the candidates of every stage.
 */
const beamWidth = 6;
/**
 * Of those, so many at most whose output lies in the same kind of layout (`Candidate.kind`): a few nearly equal cheap
 * plans would otherwise crowd out all others, and a dearer layout may be the one that a later stage reads cheaply.
 */
const mostOfKind = 2;
/** More products than this in one stage take minutes and gigabytes of plaintexts. */
const mostProducts = 4096;

/**
 * Searches for a cheap chain of layouts, as each stage's costs depend on how the one before left its output. This is
 * a beam search: instead of all chains only a few partial plans, the beam, are followed from stage to stage. At each
 * stage all schemes propose candidates for every partial plan in the beam; in the order of their estimated costs they
 * are worked out, until `beamWidth` new partial plans are found, `mostOfKind` of a kind at most. At the end the cheapest
 * plan is taken; a cheaper one may have been dropped on the way.
 *
 * @throws InputError if no layout holds a stage
 */
export function* searchSteps(
  stages: readonly Stage[],
  options: SearchOptions,
): Generator<Step, TransformPlan> {
  let beam: PartialPlan[] = [emptyPlan(stages[0], options.input)];
  for (const [index, stage] of stages.entries()) {
    const phases = phasesWanted(stages, index);
    const step: Step = { done: index, total: stages.length };
    beam = computesSomething(stage)
      ? yield* cheapestFew(continuations(beam, stage, index, phases, options), index, step, options)
      : beam.flatMap((partial) => passOn(partial, stage, phases[0], options));
    if (beam.length === 0) throw tooLarge(stage, options);
  }
  const { inputLayout, transforms, outputLayouts } = beam.reduce((a, b) => (b.cost < a.cost ? b : a));
  return { inputLayout: inputLayout!, transforms, outputLayouts };
}

function emptyPlan(first: Stage, given: FullSlotLayout | undefined): PartialPlan {
  return {
    cost: 0,
    inputLayout: given,
    transforms: [],
    outputLayouts: [],
    next: given && { slotLayout: given, imageLayout: findImageLayout(imageRead(first), given) },
  };
}

const computesSomething = (stage: Stage): stage is ComputingStage => stage.map !== undefined;

/** All ways to go on by a stage, the cheapest first. */
function continuations(
  beam: readonly PartialPlan[],
  stage: ComputingStage,
  index: number,
  phases: readonly Pair[],
  options: SearchOptions,
): Continuation[] {
  return beam
    .flatMap((partial) =>
      proposalsFor(partial, stage, index, phases, options)
        .filter(({ candidate }) => candidate.products <= mostProducts)
        .map(({ candidate, input }): Continuation => ({
          candidate,
          input,
          partial,
          estimatedCost: partial.cost + costOf(candidate, index, options),
        })),
    )
    .sort((a, b) => a.estimatedCost - b.estimatedCost);
}

function proposalsFor(
  { next }: PartialPlan,
  stage: ComputingStage,
  index: number,
  phases: readonly Pair[],
  { slots, mostInputCiphertexts, costs, levels }: SearchOptions,
): FirstProposal[] {
  const of = { slots, mostInputCiphertexts, costs: rotationCosts(costs, levels[index]) };
  if (!next) return candidatesOfFirstStage(stage, phases, of);
  return candidatesOfStage(stage, next, phases, of).map((candidate) => ({ candidate }));
}

/** The next beam: the first few that turn out to fit, and of each kind at most so many. */
function* cheapestFew(
  inOrder: readonly Continuation[],
  index: number,
  step: Step,
  options: SearchOptions,
): Generator<Step, PartialPlan[]> {
  const kept: PartialPlan[] = [];
  const keptOfKind = new Map<string, number>();
  for (const { candidate, input, partial } of inOrder) {
    if (kept.length === beamWidth) break;
    const ofKind = keptOfKind.get(candidate.kind) ?? 0;
    if (ofKind === mostOfKind) continue;
    yield step;
    const finished = candidate.build();
    if (!finished) continue;
    keptOfKind.set(candidate.kind, ofKind + 1);
    const { transform, imageLayout } = finished;
    const slotLayout = transform.output as FullSlotLayout;
    const cost = partial.cost + costOf(transformCosts(transform), index, options);
    const inputLayout = partial.inputLayout ?? finished.input ?? input;
    kept.push(goOn({ ...partial, cost, inputLayout }, transform, { slotLayout, imageLayout }));
  }
  return kept;
}

/** A stage with nothing to compute before its activation: the same slots, under another shape at most. */
function passOn(partial: PartialPlan, stage: Stage, phases: Pair, options: SearchOptions): PartialPlan[] {
  const read: StageInput | undefined =
    partial.next ?? plainInputLayouts(asImage(stage.inputShape), phases, options).at(0);
  if (!read) return [];
  const { slotLayout, imageLayout } = read;
  const keepsShape = imageLayout && formatShape(imageLayout.shape) === formatShape(stage.outputShape);
  const inputLayout = partial.inputLayout ?? slotLayout;
  return [
    goOn({ ...partial, inputLayout }, undefined, {
      slotLayout,
      imageLayout: keepsShape ? imageLayout : undefined,
    }),
  ];
}

function goOn(
  partial: PartialPlan,
  transform: LinearTransform | undefined,
  output: { readonly slotLayout: FullSlotLayout; readonly imageLayout: ImageLayout | undefined },
): PartialPlan {
  return {
    ...partial,
    transforms: [...partial.transforms, transform],
    outputLayouts: [...partial.outputLayouts, output.slotLayout],
    next: output,
  };
}

const costOf = (counts: TransformCounts, stage: number, { costs, levels }: SearchOptions) =>
  transformMilliseconds(costs, levels[stage], counts);

function tooLarge({ name, inputShape, outputShape }: Stage, { slots, mostInputCiphertexts }: SearchOptions) {
  const needed = Math.ceil(sizeOf(inputShape) / slots);
  const degree = 2 * powerOfTwoAtLeast(sizeOf(inputShape) / mostInputCiphertexts);
  const larger = degree in maxCoeffModulusBits ? `polyModulusDegree ${degree}, ` : "";
  return new InputError(
    `plan: stage "${name}" (${formatShape(inputShape)} → ${formatShape(outputShape)}) does not fit: ` +
      (needed > mostInputCiphertexts
        ? `its input takes ${needed} ciphertexts of ${slots} slots, expected at most ${mostInputCiphertexts}; ` +
          `use ${larger}a smaller image, or packing batch`
        : `its rotations and products outgrow what is worth computing at ${slots} slots; ` +
          `use smaller layers, a larger stride, or packing batch`),
  );
}
