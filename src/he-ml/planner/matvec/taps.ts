import type { Pair } from "../../model/layer.js";
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
  /** Tap of every entry of the map, as a position in `all`. */
  readonly ofEntry: Int32Array;
  /** The first input channel that each output channel reads: that of its group. */
  readonly firstChannel: readonly number[];
}

/** The taps of a map's entries: of a convolution those of its kernel, of any other map one for each distance that occurs. */
export function tapsOf({ map, inputShape, outputShape, stride }: WindowedMap): Taps {
  const [, height, width] = inputShape;
  const [channels, outHeight, outWidth] = outputShape;
  const plane = outHeight * outWidth;
  const firstChannel = Array.from({ length: channels }, (_, channel) => {
    let first = Infinity;
    for (let i = map.rowStarts[channel * plane]; i < map.rowStarts[(channel + 1) * plane]; i++) {
      first = Math.min(first, Math.floor(map.columnOf[i] / (height * width)));
    }
    return first === Infinity ? 0 : first;
  });
  const indices = new Map<string, number>();
  const all: Tap[] = [];
  const ofEntry = new Int32Array(map.weights.length);
  for (let row = 0; row < map.rows; row++) {
    const channel = Math.floor(row / plane);
    const [y, x] = [Math.floor(row / outWidth) % outHeight, row % outWidth];
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const column = map.columnOf[i];
      const tap: Tap = [
        Math.floor(column / (height * width)) - firstChannel[channel],
        (Math.floor(column / width) % height) - y * stride[0],
        (column % width) - x * stride[1],
      ];
      const name = tap.join();
      let index = indices.get(name);
      if (index === undefined) {
        index = all.length;
        indices.set(name, index);
        all.push(tap);
      }
      ofEntry[i] = index;
    }
  }
  return { all, ofEntry, firstChannel };
}

/** Giant steps in one direction, 0 included; of kernels that reach further more taps are sent. */
const mostShifts = 16;

/** Rectangles of shifts that move the whole output by rows and columns: from no shift at all to the kernel's extent. */
export function* giantSets(
  stride: Pair,
  imageLayout: ImageLayout,
  taps: readonly Tap[],
): Generator<readonly GiantShift[]> {
  const { phases, rowStride, columnStride } = imageLayout;
  const step: Pair = [stride[0] * phases[0], stride[1] * phases[1]];
  const mostAlong = (axis: 0 | 1) => {
    if (taps.length === 0) return 1;
    const positions = taps.map((tap) => tap[1 + axis]);
    const extent = Math.max(...positions) - Math.min(...positions) + 1;
    return Math.min(mostShifts, Math.ceil(extent / step[axis]));
  };
  const [mostDown, mostRight] = [mostAlong(0), mostAlong(1)];
  for (let down = 1; down <= mostDown; down++) {
    for (let right = 1; right <= mostRight; right++) {
      yield Array.from({ length: down * right }, (_, i): GiantShift => {
        const [y, x] = [Math.floor(i / right), i % right];
        return { slotShift: y * rowStride + x * columnStride, tapShift: [y * step[0], x * step[1]] };
      });
    }
  }
}

export interface Cover {
  /** Taps that are sent in place. */
  readonly sent: readonly Tap[];
  /** For each tap, which sent one it is reached from, by which giant step. */
  readonly reached: readonly { readonly sent: number; readonly giant: number }[];
}

/** Takes uncovered taps in order; each one sent covers all its shifts. */
export function coverTaps(taps: readonly Tap[], giants: readonly GiantShift[]): Cover {
  const indices = new Map(taps.map((tap, index) => [tap.join(), index]));
  const order = [...taps.keys()].sort((i, j) => compareTaps(taps[i], taps[j]));
  const reached: { sent: number; giant: number }[] = new Array<{ sent: number; giant: number }>(taps.length);
  const sent: Tap[] = [];
  for (const index of order) {
    if (reached[index]) continue;
    const [channel, y, x] = taps[index];
    giants.forEach(({ tapShift }, giant) => {
      const target = indices.get([channel, y + tapShift[0], x + tapShift[1]].join());
      if (target !== undefined) reached[target] ??= { sent: sent.length, giant };
    });
    sent.push(taps[index]);
  }
  return { sent, reached };
}

export const compareTaps = (a: Tap, b: Tap) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
