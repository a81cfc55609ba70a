import type { Pair } from "../../model/layer.js";
import { modulo } from "./assemble.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import {
  imageExtent,
  pixelPlaces,
  planesLayout,
  powerOfTwoAtLeast,
  type ImageLayout,
} from "../layout/image-layout.js";
import { withOutputLayout, type Diagonal, type RotateAndSum } from "./linear-transform.js";
import type { AffineMap } from "../stages/affine-map.js";
import type { Candidate, FinishedCandidate } from "./candidate.js";

/**
 * Gathering, for a first stage: the client packs its image as the stage wants it, so the inputs that a rotation would
 * have to fetch are sent in place. Input ciphertext m holds for every output slot the pixel that one of its taps
 * needs. Taps that differ by a shift of the whole output share what is sent and cost a rotation of the sum instead,
 * and where the outputs leave slots free, blocks of them hold further taps, whose sums are folded.
 *
 * @see "im2col": Chellapilla, Puri, Simard, 2006, https://inria.hal.science/inria-00112631; for ciphertexts: TenSEAL,
 *   https://arxiv.org/abs/2104.03152, section 4
 */
export interface Im2colProblem {
  readonly map: AffineMap;
  /** `[channels, height, width]`, or `[features]` as `[features, 1, 1]`. */
  readonly inputShape: readonly [number, number, number];
  readonly outputShape: readonly [number, number, number];
  /** Pixels by which neighbouring outputs lie apart. */
  readonly stride: Pair;
  readonly slots: number;
  readonly mostInputs: number;
  /** Output phases worth trying, because later stages stride by them. */
  readonly phases: readonly Pair[];
}

/** A pixel seen from an output: which channel above its group's first, how far down and right of its window. */
type Tap = readonly [channel: number, y: number, x: number];

interface Giant {
  readonly slotShift: number;
  readonly tapShift: Pair;
}

export function* im2colCandidates(problem: Im2colProblem): Generator<Candidate> {
  const taps = tapsOf(problem);
  for (const image of outputImages(problem)) {
    const block = powerOfTwoAtLeast(imageExtent(image));
    const blocks = Math.floor(problem.slots / block);
    for (const giants of giantSets(problem, image, taps.all)) {
      const cover = coverTaps(taps.all, giants);
      const inputs = Math.max(1, Math.ceil(cover.sent.length / blocks));
      if (inputs > problem.mostInputs) continue;
      const outputs = Math.ceil(image.shape[0] / image.channelsPerCiphertext);
      const usedBlocks = powerOfTwoAtLeast(Math.min(blocks, cover.sent.length));
      const folds = Math.log2(usedBlocks);
      yield {
        kind: `phases ${image.phases.join("×")}`,
        rotations: outputs * (giants.length - 1 + folds),
        products: outputs * giants.length * inputs,
        build: () => build({ problem, taps, image, block, giants, cover, inputs }),
      };
    }
  }
}

interface Taps {
  readonly all: readonly Tap[];
  /** Tap of every entry of the map, as a position in `all`. */
  readonly ofEntry: Int32Array;
  readonly firstChannel: readonly number[];
}

function tapsOf({ map, inputShape, outputShape, stride }: Im2colProblem): Taps {
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

function* outputImages({ outputShape, phases, slots }: Im2colProblem): Generator<ImageLayout> {
  const [, height, width] = outputShape;
  const seen = new Set<string>();
  for (const phase of phases) {
    const [rows, columns] = [Math.ceil(height / phase[0]), Math.ceil(width / phase[1])];
    for (const spare of [0, 1, 2, 4]) {
      for (const rowStride of new Set([columns + spare, powerOfTwoAtLeast(columns + spare)])) {
        for (const spareRows of [0, 1, 2, 4]) {
          const exact = rowStride * (rows + spareRows);
          for (const plane of new Set([exact, powerOfTwoAtLeast(exact)])) {
            const image = planesLayout({ shape: outputShape, phases: phase, rowStride, plane, slots });
            const name = JSON.stringify(image);
            if (!image || seen.has(name) || imageExtent(image) > slots) continue;
            seen.add(name);
            yield image;
          }
        }
      }
    }
  }
}

/** Rectangles of shifts that move the whole output by rows and columns. */
function* giantSets(
  { stride }: Im2colProblem,
  image: ImageLayout,
  taps: readonly Tap[],
): Generator<readonly Giant[]> {
  const step: Pair = [stride[0] * image.phases[0], stride[1] * image.phases[1]];
  const extent = (axis: 1 | 2) => {
    const values = taps.map((tap) => tap[axis]);
    return Math.max(...values) - Math.min(...values) + 1;
  };
  const most = [1, 2].map((axis, i) => Math.min(16, Math.ceil(extent(axis as 1 | 2) / step[i])));
  for (let down = 1; down <= (taps.length ? most[0] : 1); down++) {
    for (let right = 1; right <= (taps.length ? most[1] : 1); right++) {
      yield Array.from({ length: down * right }, (_, i): Giant => {
        const [a, b] = [Math.floor(i / right), i % right];
        return {
          slotShift: a * image.rowStride + b * image.columnStride,
          tapShift: [a * step[0], b * step[1]],
        };
      });
    }
  }
}

interface Cover {
  /** Taps that are sent in place. */
  readonly sent: readonly Tap[];
  /** For each tap, which sent one it is reached from, by which giant step. */
  readonly reached: readonly { readonly sent: number; readonly giant: number }[];
}

/** Takes uncovered taps in order; each one sent covers all its shifts. */
function coverTaps(taps: readonly Tap[], giants: readonly Giant[]): Cover {
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

const compareTaps = (a: Tap, b: Tap) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

interface Design {
  readonly problem: Im2colProblem;
  readonly taps: Taps;
  readonly image: ImageLayout;
  readonly block: number;
  readonly giants: readonly Giant[];
  readonly cover: Cover;
  readonly inputs: number;
}

function build(design: Design): FinishedCandidate | undefined {
  const { problem, image, block, giants, cover, inputs, taps } = design;
  const { map, slots, outputShape } = problem;
  const origins = slotOrigins(design);
  if (!origins) return undefined;
  const input = gatheredInput(design, origins);
  const places = pixelPlaces(image);
  const plane = outputShape[1] * outputShape[2];
  const outputs = Math.ceil(image.shape[0] / image.channelsPerCiphertext);
  const diagonals = new Map<number, Diagonal>();
  for (let row = 0; row < map.rows; row++) {
    const { ciphertext: output, slot } = places[row];
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const { sent, giant } = cover.reached[taps.ofEntry[i]];
      const source = sent % inputs;
      const key = (output * giants.length + giant) * inputs + source;
      let diagonal = diagonals.get(key);
      if (!diagonal) {
        const entries = new Int32Array(slots).fill(-1);
        diagonal = { input: source, output, baby: 0, giant: giants[giant].slotShift, entries };
        diagonals.set(key, diagonal);
      }
      const at = slot + Math.floor(sent / inputs) * block + giants[giant].slotShift;
      diagonal.entries[modulo(at, slots)] = i;
    }
  }
  const usedBlocks = powerOfTwoAtLeast(Math.ceil(cover.sent.length / inputs));
  const folds: RotateAndSum[] = [];
  for (let count = 1; count < usedBlocks; count *= 2) folds.push([count * block]);
  const transform = withOutputLayout(
    { map, inputs, outputs, poolSums: [], folds, diagonals: [...diagonals.values()] },
    input,
  );
  return transform && plane > 0 ? { transform, input, image } : undefined;
}

/** Channel, row and column of the window that starts at each slot of a block; undefined if two outputs disagree. */
function slotOrigins({ problem, image, block, giants, taps }: Design): (Tap | undefined)[] | undefined {
  const { outputShape, stride, slots } = problem;
  const [, height, width] = outputShape;
  const origins: (Tap | undefined)[] = new Array<Tap | undefined>(block).fill(undefined);
  const places = pixelPlaces(image);
  for (let row = 0; row < places.length; row++) {
    const channel = taps.firstChannel[Math.floor(row / (height * width))];
    const [y, x] = [Math.floor(row / width) % height, row % width];
    for (const { slotShift, tapShift } of giants) {
      const at = places[row].slot + slotShift;
      if (at >= block && block < slots) return undefined;
      const origin: Tap = [channel, y * stride[0] + tapShift[0], x * stride[1] + tapShift[1]];
      const known = origins[at % block];
      if (known && compareTaps(known, origin) !== 0) return undefined;
      origins[at % block] = origin;
    }
  }
  return origins;
}

function gatheredInput(
  { problem, block, cover, inputs }: Design,
  origins: readonly (Tap | undefined)[],
): FullSlotLayout {
  const [channels, height, width] = problem.inputShape;
  const input = Array.from({ length: inputs }, () => new Int32Array(problem.slots).fill(-1));
  cover.sent.forEach(([channel, y, x], sent) => {
    const start = Math.floor(sent / inputs) * block;
    origins.forEach((origin, slot) => {
      if (!origin) return;
      const [c, row, column] = [origin[0] + channel, origin[1] + y, origin[2] + x];
      if (c >= channels || row < 0 || row >= height || column < 0 || column >= width) return;
      input[sent % inputs][start + slot] = (c * height + row) * width + column;
    });
  });
  return input;
}
