import type { Pair } from "../../model/layer.js";
import { sizeOf } from "../../tensor/tensor.js";
import type { ImageLayout } from "../layout/image-layout.js";
import type { AffineMap } from "../stages/affine-map.js";

/** A map whose outputs each read a window of an image. */
export interface WindowedMap {
  readonly map: AffineMap;
  /** `[channels, height, width]`, or `[features]` as `[features, 1, 1]`. */
  readonly inputShape: readonly [number, number, number];
  readonly outputShape: readonly [number, number, number];
  /** Pixels by which neighbouring outputs lie apart. */
  readonly stride: Pair;
}

/** A pixel seen from an output: which channel above its group's first, how far down and right of its window. */
export type Tap = readonly [channel: number, y: number, x: number];

/** A giant step as a move of the whole output: by so many slots, which is by so many pixels of the input. */
export interface GiantShift {
  readonly slotShift: number;
  readonly tapShift: Pair;
}

export interface Taps {
  /** The distinct ones. */
  readonly all: readonly Tap[];
  /** Where each of them stands in `all`. */
  readonly positions: TapPositions;
  /** Tap of every entry of the map, as a position in `all`. */
  readonly ofEntry: Int32Array;
  /** The first input channel that each output channel reads: that of its group. */
  readonly firstChannel: readonly number[];
}

/** Positions of taps in a list, by the tap: a table over the box in which all of them lie. */
export class TapPositions {
  readonly #least: Tap;
  readonly #size: Tap;
  readonly #positions: Int32Array;

  constructor(least: Tap, largest: Tap) {
    this.#least = least;
    this.#size = [0, 1, 2].map((axis) => Math.max(0, largest[axis] - least[axis] + 1)) as unknown as Tap;
    this.#positions = new Int32Array(sizeOf(this.#size)).fill(-1);
  }

  /** Pixels from the topmost tap to the lowest (axis 1), or from the leftmost to the rightmost (axis 2). */
  extent(axis: 1 | 2): number {
    return this.#size[axis];
  }

  /** -1 where there is no such tap. */
  get(channel: number, y: number, x: number): number {
    const cell = this.#cell(channel, y, x);
    return cell < 0 ? -1 : this.#positions[cell];
  }

  /** @param tap one within the box */
  set([channel, y, x]: Tap, position: number): void {
    this.#positions[this.#cell(channel, y, x)] = position;
  }

  #cell(channel: number, y: number, x: number): number {
    const [channels, height, width] = this.#size;
    const [c, row, column] = [channel - this.#least[0], y - this.#least[1], x - this.#least[2]];
    if (c < 0 || c >= channels || row < 0 || row >= height || column < 0 || column >= width) return -1;
    return (c * height + row) * width + column;
  }
}

/** The taps of a map's entries: of a convolution those of its kernel, of any other map one for each distance that occurs. */
export function tapsOf(windowed: WindowedMap): Taps {
  const { map } = windowed;
  const firstChannel = firstChannels(windowed);
  const least: [number, number, number] = [Infinity, Infinity, Infinity];
  const largest: [number, number, number] = [-Infinity, -Infinity, -Infinity];
  forEachTap(windowed, firstChannel, (_, ...tap) => {
    for (let axis = 0; axis < 3; axis++) {
      least[axis] = Math.min(least[axis], tap[axis]);
      largest[axis] = Math.max(largest[axis], tap[axis]);
    }
  });
  const positions = new TapPositions(least, largest);
  const all: Tap[] = [];
  const ofEntry = new Int32Array(map.weights.length);
  forEachTap(windowed, firstChannel, (entry, ...tap) => {
    if (positions.get(...tap) < 0) {
      positions.set(tap, all.length);
      all.push(tap);
    }
    ofEntry[entry] = positions.get(...tap);
  });
  return { all, positions, ofEntry, firstChannel };
}

function firstChannels({ map, inputShape, outputShape }: WindowedMap): number[] {
  const [, height, width] = inputShape;
  const [channels, outHeight, outWidth] = outputShape;
  const plane = outHeight * outWidth;
  return Array.from({ length: channels }, (_, channel) => {
    let first = Infinity;
    for (let i = map.rowStarts[channel * plane]; i < map.rowStarts[(channel + 1) * plane]; i++) {
      first = Math.min(first, Math.floor(map.columnOf[i] / (height * width)));
    }
    return first === Infinity ? 0 : first;
  });
}

function forEachTap(
  { map, inputShape, outputShape, stride }: WindowedMap,
  firstChannel: readonly number[],
  visit: (entry: number, channel: number, y: number, x: number) => void,
): void {
  const [, height, width] = inputShape;
  const [, outHeight, outWidth] = outputShape;
  for (let row = 0; row < map.rows; row++) {
    const channel = Math.floor(row / (outHeight * outWidth));
    const [y, x] = [Math.floor(row / outWidth) % outHeight, row % outWidth];
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const column = map.columnOf[i];
      visit(
        i,
        Math.floor(column / (height * width)) - firstChannel[channel],
        (Math.floor(column / width) % height) - y * stride[0],
        (column % width) - x * stride[1],
      );
    }
  }
}

/** Giant steps in one direction, 0 included; of kernels that reach further more taps are sent. */
const mostShifts = 16;

/** A rectangle of giant steps: shifts of the whole output by so many rows down and columns to the right, 0 included. */
export interface GiantSet {
  readonly down: number;
  readonly right: number;
  /** Pixels of the input that one shift is. */
  readonly step: Pair;
}

/** All that are worth trying: from no shift at all to the kernel's extent. */
export function giantSets(stride: Pair, { phases }: ImageLayout, taps: Taps): GiantSet[] {
  const step: Pair = [stride[0] * phases[0], stride[1] * phases[1]];
  const [mostDown, mostRight] = ([1, 2] as const).map((axis) =>
    Math.max(1, Math.min(mostShifts, Math.ceil(taps.positions.extent(axis) / step[axis - 1]))),
  );
  return Array.from({ length: mostDown * mostRight }, (_, i) => ({
    down: Math.floor(i / mostRight) + 1,
    right: (i % mostRight) + 1,
    step,
  }));
}

/** The set's giant steps, for outputs that lie like this. */
export function giantShifts(
  { down, right, step }: GiantSet,
  { rowStride, columnStride }: ImageLayout,
): GiantShift[] {
  return Array.from({ length: down * right }, (_, i) => {
    const [y, x] = [Math.floor(i / right), i % right];
    return { slotShift: y * rowStride + x * columnStride, tapShift: [y * step[0], x * step[1]] };
  });
}

export interface Cover {
  /** Taps that are sent in place. */
  readonly sent: readonly Tap[];
  /** For each tap, which sent one it is reached from. */
  readonly sentOf: Int32Array;
  /** By which giant step of the set, row by row. */
  readonly giantOf: Int32Array;
}

/** Takes uncovered taps in order; each one sent covers all its shifts. */
export function coverTaps({ all, positions }: Taps, { down, right, step }: GiantSet): Cover {
  const order = [...all.keys()].sort((i, j) => compareTaps(all[i], all[j]));
  const sentOf = new Int32Array(all.length).fill(-1);
  const giantOf = new Int32Array(all.length);
  const sent: Tap[] = [];
  for (const index of order) {
    if (sentOf[index] >= 0) continue;
    const [channel, y, x] = all[index];
    for (let giant = 0; giant < down * right; giant++) {
      const [row, column] = [Math.floor(giant / right), giant % right];
      const target = positions.get(channel, y + row * step[0], x + column * step[1]);
      if (target < 0 || sentOf[target] >= 0) continue;
      sentOf[target] = sent.length;
      giantOf[target] = giant;
    }
    sent.push(all[index]);
  }
  return { sent, sentOf, giantOf };
}

export const compareTaps = (a: Tap, b: Tap) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
