import { InputError } from "../../errors.js";
import type { Pair } from "../../model/layer.js";
import { layerOutputShape, type Layer } from "../../model/model.js";
import { formatShape, sizeOf, type Shape } from "../../tensor/tensor.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import type { PrimitiveCosts } from "./costs.js";
import {
  slotsOfImage,
  imageExtent,
  planesLayout,
  powerOfTwoAtLeast,
  type ImageLayout,
} from "../layout/image-layout.js";
import { imageLayoutOf, lineLayout } from "../layout/find-image-layout.js";
import { affineOfLayer } from "../stages/affine-of-layer.js";
import { mapOfSums, poolLayout, type PooledLayout } from "../layout/pooled-layout.js";
import type { Candidate, FinishedCandidate } from "../matvec/candidate.js";
import { hybridDiagonalCandidates } from "../matvec/hybrid-diagonals.js";
import { im2colCandidates } from "../matvec/im2col.js";
import { sentDiagonalCandidates } from "../matvec/sent-diagonals.js";
import { shiftCandidates } from "../matvec/shift.js";
import { transformCosts, type LinearTransform } from "../matvec/linear-transform.js";
import type { AffineMap } from "../stages/affine-map.js";
import type { Stage } from "../stages/stages.js";

export interface SearchOptions {
  readonly slots: number;
  readonly costs: PrimitiveCosts;
  /** Data primes left in each stage. */
  readonly levels: readonly number[];
  readonly mostInputCiphertexts: number;
  /** How the first stage's input lies; the client packs it as suits the plan best if left out. */
  readonly input?: FullSlotLayout;
}

/** Layouts and linear transforms of all stages, the cheapest found. */
export interface TransformPlan {
  readonly input: FullSlotLayout;
  /** Undefined for a stage that computes nothing before its activation. */
  readonly transforms: readonly (LinearTransform | undefined)[];
  readonly layouts: readonly FullSlotLayout[];
}

/** The stages up to some point, computed in one way. */
interface PartialPlan {
  /** Predicted milliseconds of its rotations and products. */
  readonly cost: number;
  /** How the client packs the image; undefined before the first stage. */
  readonly input?: FullSlotLayout;
  /** What the next stage reads: undefined where the client packs it. */
  readonly layout?: FullSlotLayout;
  readonly transforms: readonly (LinearTransform | undefined)[];
  /** Where the outputs of each stage lie. */
  readonly layouts: readonly FullSlotLayout[];
  /** The geometry of the last stage's output, where it is an image. */
  readonly image?: ImageLayout;
}

/**
 * PartialPlan plans that go on after each stage. With 1 the cheapest way through a stage would be taken whatever it costs
 * the next ones; keeping all would multiply them by the candidates of every stage.
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
export function searchTransforms(stages: readonly Stage[], options: SearchOptions): TransformPlan {
  const { input } = options;
  const image = input && imageLayoutOf(asImage(stages[0].inputShape), input);
  let beam: PartialPlan[] = [{ cost: 0, input, layout: input, transforms: [], layouts: [], image }];
  stages.forEach((stage, index) => {
    const phases = phasesWanted(stages, index);
    beam = stage.map
      ? computed(beam, stage, stage.map, index, phases, options)
      : beam.flatMap((partial) => relabelled(partial, stage, phases, options));
    if (beam.length === 0) throw tooLarge(stage, options);
  });
  const [best] = [...beam].sort((a, b) => a.cost - b.cost);
  return { input: best.input!, transforms: best.transforms, layouts: best.layouts };
}

/** Nothing to compute: the same slots under another shape. */
function relabelled(
  partial: PartialPlan,
  stage: Stage,
  phases: readonly Pair[],
  options: SearchOptions,
): PartialPlan[] {
  const [plain] = partial.layout ? [] : plainInputs(stage, phases[0], options);
  const layout = partial.layout ?? plain?.input;
  if (!layout) return [];
  const image = partial.layout ? partial.image : plain.image;
  const kept = sameShape(image, stage.outputShape) ? image : undefined;
  return [append(partial, { layout, image: kept }, partial.cost, layout)];
}

/** The next beam behind a stage with products or sums: the cheapest ways to go on that fit, a few of each kind. */
function computed(
  beam: readonly PartialPlan[],
  stage: Stage,
  map: AffineMap,
  index: number,
  phases: readonly Pair[],
  options: SearchOptions,
): PartialPlan[] {
  const proposals = beam
    .flatMap((partial) => {
      const proposed = partial.layout
        ? innerCandidates(stage, map, partial.layout, partial.image, phases, options.slots)
        : firstCandidates(stage, map, phases, options);
      return proposed
        .filter(({ candidate }) => candidate.products <= mostProducts)
        .map((proposal) => ({
          ...proposal,
          partial,
          cost: partial.cost + costOf(proposal.candidate, options, index),
        }));
    })
    .sort((a, b) => a.cost - b.cost);
  const kept: PartialPlan[] = [];
  const ofKind = new Map<string, number>();
  for (const { candidate, input, partial } of proposals) {
    if (kept.length === beamWidth) break;
    const count = ofKind.get(candidate.kind) ?? 0;
    if (count === mostOfKind) continue;
    const finished = candidate.build();
    if (!finished) continue;
    ofKind.set(candidate.kind, count + 1);
    const cost = partial.cost + costOf(transformCosts(finished.transform), options, index);
    kept.push(append(partial, finished, cost, finished.input ?? input));
  }
  return kept;
}

function append(
  { transforms, layouts, input }: PartialPlan,
  finished: Pick<FinishedCandidate, "image"> & {
    readonly transform?: LinearTransform;
    readonly layout?: FullSlotLayout;
  },
  cost: number,
  firstInput: FullSlotLayout | undefined,
): PartialPlan {
  const layout = finished.layout ?? (finished.transform!.output as FullSlotLayout);
  return {
    cost,
    input: input ?? firstInput,
    layout,
    transforms: [...transforms, finished.transform],
    layouts: [...layouts, layout],
    image: finished.image,
  };
}

function costOf(
  { rotations, products }: { readonly rotations: number; readonly products: number },
  { costs, levels }: SearchOptions,
  index: number,
): number {
  const at = levels[index] - 1;
  return rotations * costs.rotate[at] + products * costs.multiplyPlain[at];
}

interface Proposal {
  readonly candidate: Candidate;
  /** How the client packs the image, where the candidate itself does not say. */
  readonly input?: FullSlotLayout;
}

function firstCandidates(
  stage: Stage,
  map: AffineMap,
  phases: readonly Pair[],
  options: SearchOptions,
): Proposal[] {
  const { slots, mostInputCiphertexts } = options;
  const gathered = im2colCandidates({
    map,
    inputShape: asImage(stage.inputShape),
    outputShape: asImage(stage.outputShape),
    stride: strideOf(stage.layers),
    slots,
    mostInputs: mostInputCiphertexts,
    phases,
  });
  const rows = sentDiagonalCandidates({ map, slots, mostInputs: mostInputCiphertexts });
  const proposals: Proposal[] = [...gathered, ...rows].map((candidate) => ({ candidate }));
  if (proposals.length > 0) return proposals;
  const [down, right] = strideOf(stage.layers);
  return phases.flatMap((phase) =>
    plainInputs(stage, [phase[0] * down, phase[1] * right], options).flatMap(({ input, image }) =>
      innerCandidates(stage, map, input, image, [phase], slots).map((proposal) => ({ ...proposal, input })),
    ),
  );
}

interface PlainInput {
  readonly input: FullSlotLayout;
  readonly image: ImageLayout;
}

/** An image as it is, plane by plane, in as many ciphertexts as it takes; planes exact, and rounded up. */
function plainInputs(
  stage: Stage,
  phases: Pair,
  { slots, mostInputCiphertexts }: SearchOptions,
): PlainInput[] {
  const shape = asImage(stage.inputShape);
  const [rows, columns] = [Math.ceil(shape[1] / phases[0]), Math.ceil(shape[2] / phases[1])];
  const inputs: PlainInput[] = [];
  for (const round of [(size: number) => size, powerOfTwoAtLeast]) {
    const rowStride = round(columns);
    const image = planesLayout({ shape, phases, rowStride, plane: round(rows * rowStride), slots });
    if (!image || imageExtent(image) > slots) continue;
    const input = slotsOfImage(image, slots);
    if (input.length <= mostInputCiphertexts) inputs.push({ input, image });
  }
  return inputs;
}

function innerCandidates(
  stage: Stage,
  map: AffineMap,
  layout: FullSlotLayout,
  image: ImageLayout | undefined,
  phases: readonly Pair[],
  slots: number,
): Proposal[] {
  const outputShape = asImage(stage.outputShape);
  const [first, ...rest] = stage.layers;
  const pooled = first.kind === "averagePool" && image ? poolLayout(first, image, layout) : undefined;
  const candidates = [...hybridDiagonalCandidates({ map, layout, slots, poolSums: [] })];
  if (pooled && !rest.some((layer, i) => affineOfLayer(layer, shapeBefore(stage, i + 1)))) {
    return [
      {
        candidate: sumsAlone(
          map,
          pooled,
          rest.some(({ kind }) => kind === "flatten"),
        ),
      },
    ];
  }
  if (pooled) {
    const shared = { map: mapOfSums(stage), layout: pooled.layout, slots, poolSums: pooled.sums };
    candidates.push(
      ...hybridDiagonalCandidates(shared),
      ...shiftCandidates({ ...shared, image: pooled.image, outputShape, stride: strideOf(rest), phases }),
    );
  } else {
    const from = image ?? lineLayout(map.columns, layout);
    const stride = strideOf(stage.layers);
    candidates.push(
      ...shiftCandidates({ map, layout, image: from, outputShape, stride, slots, phases, poolSums: [] }),
    );
  }
  return candidates.map((candidate) => ({ candidate }));
}

/** Pooling with nothing behind it needs no products: the sums are declared to be at a larger scale. */
function sumsAlone(map: AffineMap, { sums, layout, divisor, image }: PooledLayout, flat: boolean): Candidate {
  const { length: ciphertexts } = layout;
  const transform: LinearTransform = {
    map,
    inputs: ciphertexts,
    outputs: ciphertexts,
    poolSums: sums,
    diagonals: [],
    folds: [],
    divisor,
    output: layout,
  };
  return {
    kind: "sums",
    rotations: transformCosts(transform).rotations,
    products: 0,
    build: () => ({ transform, image: flat ? undefined : image }),
  };
}

function shapeBefore({ layers, inputShape }: Stage, index: number): Shape {
  return layers.slice(0, index).reduce((shape, layer) => layerOutputShape(layer, shape), inputShape);
}

const asImage = (shape: Shape): readonly [number, number, number] =>
  shape.length === 3 ? [shape[0], shape[1], shape[2]] : [sizeOf(shape), 1, 1];

const sameShape = (image: ImageLayout | undefined, shape: Shape) =>
  image !== undefined && shape.length === 3 && formatShape(image.shape) === formatShape(shape);

/** Pixels of a stage's input between neighbouring outputs. */
function strideOf(layers: readonly Layer[]): Pair {
  const stride: [number, number] = [1, 1];
  for (const layer of layers) {
    if (layer.kind !== "convolutional" && layer.kind !== "averagePool") continue;
    stride[0] *= layer.stride[0];
    stride[1] *= layer.stride[1];
  }
  return stride;
}

/** Phases in which the output of a stage may lie: none, as the next stage strides, as all that follow do. */
function phasesWanted(stages: readonly Stage[], index: number): Pair[] {
  const wanted: Pair[] = [[1, 1]];
  let product: Pair = [1, 1];
  for (const { layers } of stages.slice(index + 1)) {
    const [down, right] = strideOf(layers);
    product = [product[0] * down, product[1] * right];
    if (!wanted.some(([a, b]) => a === product[0] && b === product[1])) wanted.push(product);
  }
  return wanted;
}

function tooLarge({ name, inputShape, outputShape }: Stage, { slots, mostInputCiphertexts }: SearchOptions) {
  const needed = Math.ceil(sizeOf(inputShape) / slots);
  return new InputError(
    `plan: stage "${name}" (${formatShape(inputShape)} → ${formatShape(outputShape)}) does not fit: ` +
      (needed > mostInputCiphertexts
        ? `its input takes ${needed} ciphertexts of ${slots} slots, expected at most ${mostInputCiphertexts}; ` +
          `use polyModulusDegree ${2 * powerOfTwoAtLeast(sizeOf(inputShape) / mostInputCiphertexts)}, ` +
          `a smaller image, or packing batch`
        : `its rotations and products outgrow what is worth computing at ${slots} slots; ` +
          `use smaller layers, a larger stride, or packing batch`),
  );
}
