import type { Pair } from "../../model/layer.js";
import { assemble, diagonalSteps, emptyPlacement, type EntryPlacement } from "./assemble.js";
import { firstPlaces, repetitionOf, type FullSlotLayout } from "../layout/full-slot-layout.js";
import {
  imageCiphertexts,
  imageExtent,
  pixelPlaces,
  planesLayout,
  powerOfTwoAtLeast,
  type ImageLayout,
} from "../layout/image-layout.js";
import { withOutputLayout, type RotateAndSum } from "./linear-transform.js";
import type { AffineMap } from "../stages/affine-map.js";
import type { Candidate } from "./candidate.js";

/**
 * Shifting, for images: outputs lie as their windows do, so that one rotation brings the same tap to every output.
 * The number of diagonals is the number of different distances between an output and what it reads.
 *
 * @see Juvekar, Vaikuntanathan, Chandrakasan, "Gazelle", USENIX Security 2018, https://arxiv.org/abs/1801.05507
 */
export interface ShiftProblem {
  readonly map: AffineMap;
  readonly layout: FullSlotLayout;
  /** How the input lies. */
  readonly image: ImageLayout;
  readonly outputShape: readonly [number, number, number];
  readonly stride: Pair;
  readonly slots: number;
  readonly phases: readonly Pair[];
  readonly poolSums: readonly RotateAndSum[];
}

export function* shiftCandidates(problem: ShiftProblem): Generator<Candidate> {
  const { map, layout, image, slots, poolSums } = problem;
  const repetition = repetitionOf(layout);
  const cyclic = repetition.length === slots;
  const period = cyclic ? repetition.period : slots;
  const sources = firstPlaces(layout, map.columns);
  for (const outputImage of outputImages(problem)) {
    const placement = placeEntries(map, outputImage, sources, period, slots);
    const steps = diagonalSteps(placement, layout.length, slots);
    const outputs = imageCiphertexts(outputImage);
    const pools = poolSums.reduce((sum, { length }) => sum + length, 0) * layout.length;
    yield {
      kind: `phases ${outputImage.phases.join("×")}`,
      rotations: pools + Math.ceil(2 * Math.sqrt(steps.length * Math.max(layout.length, outputs))),
      products: steps.length,
      build() {
        const copies = imageExtent(outputImage) <= period ? multiplesOf(period, slots) : [];
        const unfinished = assemble({
          map,
          layout,
          outputs,
          placement,
          period,
          radices: radicesOf(image, outputImage, slots),
          poolSums,
          copies,
        });
        const transform = unfinished && withOutputLayout({ ...unfinished, poolSums: [] }, layout);
        return transform && { transform: { ...transform, poolSums }, image: outputImage };
      },
    };
  }
}

export function multiplesOf(period: number, slots: number): number[] {
  return Array.from({ length: slots / period - 1 }, (_, i) => (i + 1) * period);
}

/** Distances between rows and between planes that either layout has. */
function radicesOf(input: ImageLayout, output: ImageLayout, slots: number): [number, number][] {
  const radices: [number, number][] = [];
  for (const row of new Set([input.rowStride, output.rowStride])) {
    for (const plane of new Set([input.channelStride, output.channelStride, slots])) {
      if (plane > row) radices.push([row, plane]);
    }
  }
  return radices;
}

function* outputImages({ image, outputShape, stride, phases, slots }: ShiftProblem): Generator<ImageLayout> {
  const [, height, width] = outputShape;
  for (const phase of phases) {
    const [rows, columns] = [Math.ceil(height / phase[0]), Math.ceil(width / phase[1])];
    const rowStride = (image.rowStride * stride[0] * phase[0]) / image.phases[0];
    const columnStride = (image.columnStride * stride[1] * phase[1]) / image.phases[1];
    if (Number.isInteger(rowStride) && Number.isInteger(columnStride)) {
      const exact = (rows - 1) * rowStride + (columns - 1) * columnStride + 1;
      for (const plane of new Set([image.channelStride, powerOfTwoAtLeast(exact)])) {
        if (plane < exact && outputShape[0] * phase[0] * phase[1] > 1) continue;
        const shape = outputShape;
        const fitting = planesLayout({ shape, phases: phase, rowStride, columnStride, plane, slots });
        if (fitting && imageExtent(fitting) <= slots) yield fitting;
      }
    }
  }
  // Always possible, if costly: side by side, whatever the input's geometry.
  const compact = planesLayout({
    shape: outputShape,
    phases: [1, 1],
    rowStride: width,
    plane: height * width,
    slots,
  });
  if (compact) yield compact;
}

function placeEntries(
  map: AffineMap,
  outputImage: ImageLayout,
  sources: readonly { readonly ciphertext: number; readonly slot: number }[],
  period: number,
  slots: number,
): EntryPlacement {
  const placement = emptyPlacement(map.weights.length);
  const places = pixelPlaces(outputImage);
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
