import type { AveragePoolLayer } from "../../model/average-pool.js";
import type { Pair } from "../../model/layer.js";
import { layerOutputShape } from "../../model/model.js";
import { featuresAsImage } from "../layout/find-image-layout.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import type { ImageLayout } from "../layout/image-layout.js";
import { mapOfSums, poolLayout, type PooledLayout } from "../layout/pooled-layout.js";
import type { Candidate } from "../matvec/candidate.js";
import { hybridDiagonalCandidates } from "../matvec/hybrid-diagonals.js";
import { im2colCandidates } from "../matvec/im2col.js";
import { transformCosts, type LinearTransform } from "../matvec/linear-transform.js";
import { mergedSums } from "../matvec/sums.js";
import type { RotationCosts } from "../matvec/rotation-costs.js";
import { sentDiagonalCandidates } from "../matvec/sent-diagonals.js";
import { shiftCandidates } from "../matvec/shift.js";
import type { AffineMap } from "../stages/affine-map.js";
import { affineOfLayer } from "../stages/affine-of-layer.js";
import type { Stage } from "../stages/stages.js";
import { plainInputLayouts, type InputRoom } from "./input-layouts.js";
import { asImage, imageRead, strideOf } from "./stage-geometry.js";

/** A stage that computes something. */
export type ComputingStage = Stage & { readonly map: AffineMap };

/** What a stage reads: which slot holds which value; and, where they lie as an image does, how. */
export interface StageInput {
  readonly slotLayout: FullSlotLayout;
  readonly imageLayout?: ImageLayout;
}

/** A candidate for a stage whose input the client packs. */
export interface FirstProposal {
  readonly candidate: Candidate;
  /** How the client packs the image, where the candidate itself does not say. */
  readonly input?: FullSlotLayout;
}

/** What candidates are made for. */
export interface CandidateOptions {
  readonly slots: number;
  /** Of rotations, at the stage's level. */
  readonly costs: RotationCosts;
}

/**
 * All ways that the matvec schemes propose for a stage whose input lies as the stage before left it. A new scheme for such
 * stages is a line here.
 *
 * @param phases worth trying for the output, because later stages stride by them
 */
export function candidatesOfStage(
  stage: ComputingStage,
  input: StageInput,
  phases: readonly Pair[],
  { slots, costs }: CandidateOptions,
): Candidate[] {
  const { map, layers } = stage;
  const { slotLayout, imageLayout } = input;
  const [first] = layers;
  const pooled =
    first.kind === "averagePool" && imageLayout
      ? pooledLayout(first, imageLayout, slotLayout, { slots, costs })
      : undefined;
  if (pooled && onlyPools(stage)) return [sumsAlone(stage, pooled)];
  return [
    ...hybridDiagonalCandidates({ map, layout: slotLayout, slots, poolSums: [], costs }),
    ...(pooled
      ? candidatesAfterSums(stage, pooled, phases, { slots, costs })
      : shiftCandidates({
          map,
          layout: slotLayout,
          imageLayout: imageLayout ?? featuresAsImage(map.columns, slotLayout),
          outputShape: asImage(stage.outputShape),
          stride: strideOf(layers),
          slots,
          phases,
          poolSums: [],
          costs,
        })),
  ];
}

/** Pooling by sums of rotations, as many at once as is cheapest. */
function pooledLayout(
  pool: AveragePoolLayer,
  imageLayout: ImageLayout,
  slotLayout: FullSlotLayout,
  { slots, costs }: CandidateOptions,
): PooledLayout | undefined {
  const pooled = poolLayout(pool, imageLayout, slotLayout);
  return pooled && { ...pooled, sums: mergedSums(pooled.sums, slots, costs) };
}

/** Pooling by sums of rotations, and then products for the layers behind it. */
function candidatesAfterSums(
  stage: ComputingStage,
  { sums, slotLayout, imageLayout }: PooledLayout,
  phases: readonly Pair[],
  { slots, costs }: CandidateOptions,
): Candidate[] {
  const [, ...rest] = stage.layers;
  const shared = { map: mapOfSums(stage), layout: slotLayout, slots, poolSums: sums, costs };
  const outputShape = asImage(stage.outputShape);
  return [
    ...hybridDiagonalCandidates(shared),
    ...shiftCandidates({ ...shared, imageLayout, outputShape, stride: strideOf(rest), phases }),
  ];
}

/** Whether nothing but shapes changes behind the average pool that a stage begins with. */
function onlyPools({ layers: [pool, ...rest], inputShape }: Stage): boolean {
  let shape = layerOutputShape(pool, inputShape);
  for (const layer of rest) {
    if (affineOfLayer(layer, shape)) return false;
    shape = layerOutputShape(layer, shape);
  }
  return true;
}

/** Pooling with nothing behind it needs no products: the sums are declared to be at a larger scale. */
function sumsAlone({ map, layers }: ComputingStage, pooled: PooledLayout): Candidate {
  const { sums, slotLayout, imageLayout, divisor } = pooled;
  const transform: LinearTransform = {
    map,
    inputs: slotLayout.length,
    outputs: slotLayout.length,
    poolSums: sums,
    diagonals: [],
    folds: [],
    divisor,
    output: slotLayout,
  };
  const isReshaped = layers.some(({ kind }) => kind === "flatten" || kind === "unflatten");
  return {
    kind: "sums",
    ...transformCosts(transform),
    build: () => ({ transform, imageLayout: isReshaped ? undefined : imageLayout }),
  };
}

/**
 * All ways that the matvec schemes propose for a first stage, whose input the client packs: packed for the stage, where
 * that fits into the ciphertexts that a client may be asked for; else the image as it is. A new scheme that packs the
 * input itself is a line here.
 */
export function candidatesOfFirstStage(
  stage: ComputingStage,
  phases: readonly Pair[],
  options: InputRoom & CandidateOptions,
): FirstProposal[] {
  const { map, layers } = stage;
  const { slots, mostInputCiphertexts: mostInputs, costs } = options;
  const inputShape = imageRead(stage);
  const stride = strideOf(layers);
  const packedForIt = [
    ...im2colCandidates({
      map,
      inputShape,
      outputShape: asImage(stage.outputShape),
      stride,
      slots,
      mostInputs,
      phases,
      costs,
    }),
    ...sentDiagonalCandidates({ map, slots, mostInputs, costs }),
  ];
  if (packedForIt.length > 0) return packedForIt.map((candidate) => ({ candidate }));
  return phases.flatMap((outputPhases) => {
    const inputPhases: Pair = [outputPhases[0] * stride[0], outputPhases[1] * stride[1]];
    return plainInputLayouts(inputShape, inputPhases, options).flatMap((input) =>
      candidatesOfStage(stage, input, [outputPhases], options).map((candidate) => ({
        candidate,
        input: input.slotLayout,
      })),
    );
  });
}
