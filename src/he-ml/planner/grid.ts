import type { Place } from "../crypto/slot-layout.js";
import type { Shape } from "../tensor/tensor.js";
import type { Pair } from "../model/layer.js";

/**
 * Where the pixels of an image `[channels, height, width]` lie: every axis has a distance in slots. With phases
 * (polyphase layout), pixel (y, x) belongs to plane (y mod phases, x mod phases), so that a stride or a pooling window
 * moves between planes and rows stay side by side.
 */
export interface Grid {
  readonly shape: readonly [channels: number, height: number, width: number];
  readonly phases: Pair;
  readonly phaseStrides: Pair;
  readonly rowStride: number;
  readonly columnStride: number;
  readonly channelStride: number;
  readonly channelsPerCiphertext: number;
}

export function gridPlace(grid: Grid, channel: number, y: number, x: number): Place {
  const { phases, phaseStrides, channelsPerCiphertext } = grid;
  return {
    ciphertext: Math.floor(channel / channelsPerCiphertext),
    slot:
      (channel % channelsPerCiphertext) * grid.channelStride +
      (y % phases[0]) * phaseStrides[0] +
      (x % phases[1]) * phaseStrides[1] +
      Math.floor(y / phases[0]) * grid.rowStride +
      Math.floor(x / phases[1]) * grid.columnStride,
  };
}

/** The place of every value of the image, row-major. */
export function gridPlaces(grid: Grid): Place[] {
  const [channels, height, width] = grid.shape;
  const places: Place[] = [];
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) places.push(gridPlace(grid, channel, y, x));
    }
  }
  return places;
}

export const gridCiphertexts = ({ shape: [channels], channelsPerCiphertext }: Grid) =>
  Math.ceil(channels / channelsPerCiphertext);

/** Slots that one ciphertext needs for the grid. */
export function gridExtent(grid: Grid): number {
  const [channels, height, width] = grid.shape;
  const last = (size: number, phases: number) => Math.ceil(size / phases) - 1;
  return (
    (Math.min(channels, grid.channelsPerCiphertext) - 1) * grid.channelStride +
    (Math.min(grid.phases[0], height) - 1) * grid.phaseStrides[0] +
    (Math.min(grid.phases[1], width) - 1) * grid.phaseStrides[1] +
    last(height, grid.phases[0]) * grid.rowStride +
    last(width, grid.phases[1]) * grid.columnStride +
    1
  );
}

export const powerOfTwoAtLeast = (size: number) => 2 ** Math.ceil(Math.log2(Math.max(1, size)));

export interface PlaneOptions {
  readonly shape: Shape;
  readonly phases: Pair;
  readonly rowStride: number;
  readonly columnStride?: number;
  /** Slots of one plane: one channel in one phase. */
  readonly plane: number;
  readonly slots: number;
}

/**
 * Planes of equal size side by side: all channels of the first phase, then of the next. Where that fills a power of
 * two, phases divide the slots evenly, and sums over them leave copies everywhere.
 */
export function planeGrid({
  shape,
  phases,
  rowStride,
  columnStride = 1,
  plane,
  slots,
}: PlaneOptions): Grid | undefined {
  const [channels, height, width] = shape;
  const phaseCount = phases[0] * phases[1];
  const most = Math.floor(slots / (plane * phaseCount));
  if (most === 0) return undefined;
  const channelsPerCiphertext = Math.min(channels, most);
  const needed = plane * channelsPerCiphertext;
  const even = powerOfTwoAtLeast(needed);
  const phaseStride = even * phaseCount <= slots ? even : needed;
  return {
    shape: [channels, height, width],
    phases,
    phaseStrides: [phaseStride * phases[1], phaseStride],
    rowStride,
    columnStride,
    channelStride: plane,
    channelsPerCiphertext,
  };
}

/** A layout of the grid as arrays over slots. */
export function gridContent(grid: Grid, slots: number): Int32Array[] {
  const content = Array.from({ length: gridCiphertexts(grid) }, () => new Int32Array(slots).fill(-1));
  gridPlaces(grid).forEach(({ ciphertext, slot }, value) => (content[ciphertext][slot] = value));
  return content;
}
