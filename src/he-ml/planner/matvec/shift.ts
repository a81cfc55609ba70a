import type { Place } from "../../crypto/slot-layout.js";
import type { Pair } from "../../model/layer.js";
import { assemble, copiesEvery, diagonalSteps, emptyPlacement, type EntryPlacement } from "./assemble.js";
import type { Radices } from "./baby-giant.js";
import { firstPlaces, repetitionOf, type FullSlotLayout } from "../layout/full-slot-layout.js";
import {
  imageCiphertexts,
  imageExtent,
  pixelPlaces,
  planesLayout,
  powerOfTwoAtLeast,
  type ImageLayout,
} from "../layout/image-layout.js";
import { countsOfSums, type RotateAndSum } from "./sums.js";
import { babiesPerGiant, rotationsTogether, type RotationCosts } from "./rotation-costs.js";
import type { AffineMap } from "../stages/affine-map.js";
import type { Candidate } from "./candidate.js";

/**
 * Shifting, for images: outputs lie as their windows do, so that one rotation brings the same tap to every output.
 * The number of diagonals is the number of different distances between an output and what it reads.
 *
 * Eight slots, a row of pixels x0 … x7 and a kernel of three taps: outputs y0 … y5, each in the slot of its window's first
 * pixel. Tap t lies t slots further on for all of them, so there are three diagonals, of steps 0, 1 and 2.
 *
 *     slot      0       1       2       3       4       5       6       7
 *     input     x0      x1      x2      x3      x4      x5      x6      x7
 *     step 2    w2·x2   w2·x3   w2·x4   w2·x5   w2·x6   w2·x7
 *     output    y0      y1      y2      y3      y4      y5
 *
 * @see Juvekar, Vaikuntanathan, Chandrakasan, "Gazelle", USENIX Security 2018, https://arxiv.org/abs/1801.05507
 */
export interface ShiftProblem {
  readonly map: AffineMap;
  /** What the input ciphertexts hold, after `poolSums`; and the same as the layout of an image. */
  readonly layout: FullSlotLayout;
  readonly imageLayout: ImageLayout;
  /** `[channels, height, width]`, or `[features, 1, 1]`. */
  readonly outputShape: readonly [number, number, number];
  /** Pixels by which neighbouring outputs lie apart in the input. */
  readonly stride: Pair;
  readonly slots: number;
  /** Output phases worth trying, because later stages stride by them. */
  readonly phases: readonly Pair[];
  readonly poolSums: readonly RotateAndSum[];
  readonly costs: RotationCosts;
}

export function* shiftCandidates(problem: ShiftProblem): Generator<Candidate> {
  const { map, layout, imageLayout, slots, poolSums, costs } = problem;
  const repetition = repetitionOf(layout);
  const repeatsAllAround = repetition.length === slots;
  const period = repeatsAllAround ? repetition.period : slots;
  const sources = firstPlaces(layout, map.columns);
  for (const outputLayout of outputImageLayouts(problem)) {
    const placement = placeEntries(map, outputLayout, sources, period, slots);
    const steps = diagonalSteps(placement, layout.length, slots);
    const outputs = imageCiphertexts(outputLayout);
    // About as many baby as giant steps, and more of the cheaper.
    const each = Math.sqrt(steps.length * Math.max(layout.length, outputs));
    const share = Math.sqrt(babiesPerGiant(costs));
    const split = {
      rotations: Math.ceil(each * share + each / share),
      decompositions: layout.length + each / share,
      modDowns: each * share + outputs,
    };
    yield {
      kind: `phases ${outputLayout.phases.join("×")}`,
      ...rotationsTogether(countsOfSums(poolSums, layout.length), split),
      products: steps.length,
      build() {
        const transform = assemble({
          map,
          layout,
          outputs,
          placement,
          period,
          radices: radicesOf(imageLayout, outputLayout, slots),
          costs,
          poolSums,
          copies: imageExtent(outputLayout) <= period ? copiesEvery(period, slots) : [],
        });
        return transform && { transform, imageLayout: outputLayout };
      },
    };
  }
}

/** Distances between rows and between planes that either layout has. */
function radicesOf(input: ImageLayout, output: ImageLayout, slots: number): Radices[] {
  const radices: Radices[] = [];
  for (const row of new Set([input.rowStride, output.rowStride])) {
    for (const plane of new Set([input.channelStride, output.channelStride, slots])) {
      if (plane > row) radices.push([row, plane]);
    }
  }
  return radices;
}

function* outputImageLayouts(problem: ShiftProblem): Generator<ImageLayout> {
  const { outputShape: shape, phases, slots } = problem;
  for (const outputPhases of phases) yield* layoutsOverWindows(problem, outputPhases);
  // Always possible, if costly: side by side, whatever the input's layout.
  const [, height, width] = shape;
  const compact = planesLayout({ shape, phases: [1, 1], rowStride: width, plane: height * width, slots });
  if (compact) yield compact;
}

/** Layouts whose rows and columns lie as far apart as the windows of an input lie, where that is a whole number of slots. */
function* layoutsOverWindows(
  { imageLayout, outputShape: shape, stride, slots }: ShiftProblem,
  phases: Pair,
): Generator<ImageLayout> {
  const [channels, height, width] = shape;
  const rowStride = (imageLayout.rowStride * stride[0] * phases[0]) / imageLayout.phases[0];
  const columnStride = (imageLayout.columnStride * stride[1] * phases[1]) / imageLayout.phases[1];
  if (!Number.isInteger(rowStride) || !Number.isInteger(columnStride)) return;
  const [rows, columns] = [Math.ceil(height / phases[0]), Math.ceil(width / phases[1])];
  const planeExtent = (rows - 1) * rowStride + (columns - 1) * columnStride + 1;
  const isOnePlane = channels * phases[0] * phases[1] === 1;
  for (const plane of new Set([imageLayout.channelStride, powerOfTwoAtLeast(planeExtent)])) {
    if (plane < planeExtent && !isOnePlane) continue;
    const fitting = planesLayout({ shape, phases, rowStride, columnStride, plane, slots });
    if (fitting && imageExtent(fitting) <= slots) yield fitting;
  }
}

function placeEntries(
  map: AffineMap,
  outputLayout: ImageLayout,
  sources: readonly Place[],
  period: number,
  slots: number,
): EntryPlacement {
  const placement = emptyPlacement(map.weights.length);
  const places = pixelPlaces(outputLayout);
  for (let row = 0; row < map.rows; row++) {
    const { ciphertext, slot } = places[row];
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const source = sources[map.columnOf[i]];
      placement.output[i] = ciphertext;
      placement.slot[i] = slot;
      placement.input[i] = source.ciphertext;
      placement.step[i] = (source.slot - slot + slots) % period;
    }
  }
  return placement;
}
