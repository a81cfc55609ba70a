import type { Pair } from "../../model/layer.js";
import { assemble, diagonalSteps, emptyPlacement, type EntryPlacement } from "../assemble.js";
import { firstPlaces, repetitionOf, type Content } from "../content.js";
import { gridCiphertexts, gridExtent, gridPlaces, planeGrid, powerOfTwoAtLeast, type Grid } from "../grid.js";
import { withOutputLayout, type RotateAndSum } from "../slot-map.js";
import type { SparseMap } from "../sparse-map.js";
import type { Candidate } from "./candidate.js";

/**
 * Shifting, for images: outputs lie as their windows do, so that one rotation brings the same tap to every output.
 * The number of diagonals is the number of different distances between an output and what it reads.
 *
 * @see Juvekar, Vaikuntanathan, Chandrakasan, "Gazelle", USENIX Security 2018, https://arxiv.org/abs/1801.05507
 */
export interface ShiftProblem {
  readonly map: SparseMap;
  readonly content: Content;
  /** How the input lies. */
  readonly grid: Grid;
  readonly outputShape: readonly [number, number, number];
  readonly stride: Pair;
  readonly slots: number;
  readonly phases: readonly Pair[];
  readonly poolSums: readonly RotateAndSum[];
}

export function* shiftCandidates(problem: ShiftProblem): Generator<Candidate> {
  const { map, content, grid, slots, poolSums } = problem;
  const repetition = repetitionOf(content);
  const cyclic = repetition.length === slots;
  const period = cyclic ? repetition.period : slots;
  const sources = firstPlaces(content, map.columns);
  for (const outputGrid of outputGrids(problem)) {
    const placement = placeEntries(map, outputGrid, sources, period, slots);
    const steps = diagonalSteps(placement, content.length, slots);
    const outputs = gridCiphertexts(outputGrid);
    const pools = poolSums.reduce((sum, { length }) => sum + length, 0) * content.length;
    yield {
      kind: `phases ${outputGrid.phases.join("×")}`,
      rotations: pools + Math.ceil(2 * Math.sqrt(steps.length * Math.max(content.length, outputs))),
      products: steps.length,
      build() {
        const copies = gridExtent(outputGrid) <= period ? multiplesOf(period, slots) : [];
        const unfinished = assemble({
          map,
          content,
          outputs,
          placement,
          period,
          radices: radicesOf(grid, outputGrid, slots),
          poolSums,
          copies,
        });
        const slotMap = unfinished && withOutputLayout({ ...unfinished, poolSums: [] }, content);
        return slotMap && { slotMap: { ...slotMap, poolSums }, grid: outputGrid };
      },
    };
  }
}

export function multiplesOf(period: number, slots: number): number[] {
  return Array.from({ length: slots / period - 1 }, (_, i) => (i + 1) * period);
}

/** Distances between rows and between planes that either layout has. */
function radicesOf(input: Grid, output: Grid, slots: number): [number, number][] {
  const radices: [number, number][] = [];
  for (const row of new Set([input.rowStride, output.rowStride])) {
    for (const plane of new Set([input.channelStride, output.channelStride, slots])) {
      if (plane > row) radices.push([row, plane]);
    }
  }
  return radices;
}

function* outputGrids({ grid, outputShape, stride, phases, slots }: ShiftProblem): Generator<Grid> {
  const [, height, width] = outputShape;
  for (const phase of phases) {
    const [rows, columns] = [Math.ceil(height / phase[0]), Math.ceil(width / phase[1])];
    const rowStride = (grid.rowStride * stride[0] * phase[0]) / grid.phases[0];
    const columnStride = (grid.columnStride * stride[1] * phase[1]) / grid.phases[1];
    if (Number.isInteger(rowStride) && Number.isInteger(columnStride)) {
      const exact = (rows - 1) * rowStride + (columns - 1) * columnStride + 1;
      for (const plane of new Set([grid.channelStride, powerOfTwoAtLeast(exact)])) {
        if (plane < exact && outputShape[0] * phase[0] * phase[1] > 1) continue;
        const shape = outputShape;
        const fitting = planeGrid({ shape, phases: phase, rowStride, columnStride, plane, slots });
        if (fitting && gridExtent(fitting) <= slots) yield fitting;
      }
    }
  }
  // Always possible, if costly: side by side, whatever the input's geometry.
  const compact = planeGrid({
    shape: outputShape,
    phases: [1, 1],
    rowStride: width,
    plane: height * width,
    slots,
  });
  if (compact) yield compact;
}

function placeEntries(
  map: SparseMap,
  outputGrid: Grid,
  sources: readonly { readonly ciphertext: number; readonly slot: number }[],
  period: number,
  slots: number,
): EntryPlacement {
  const placement = emptyPlacement(map.weights.length);
  const places = gridPlaces(outputGrid);
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
