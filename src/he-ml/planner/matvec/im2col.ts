import type { Pair } from "../../model/layer.js";
import { modulo } from "./assemble.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import {
  imageCiphertexts,
  imageExtent,
  pixelPlaces,
  planesLayout,
  powerOfTwoAtLeast,
  type ImageLayout,
} from "../layout/image-layout.js";
import { foldBlocks, withOutputLayout, type Diagonal } from "./linear-transform.js";
import type { AffineMap } from "../stages/affine-map.js";
import type { Candidate, FinishedCandidate } from "./candidate.js";

/**
 * Gathering (im2col), for a first stage: the client packs its image as the stage wants it, so the pixels that a rotation
 * would have to fetch are sent in place. Each sent tap fills a block of slots: for every output slot the pixel that the
 * output's window has there. Taps that differ by a shift of the whole output share what is sent and cost a giant step, a
 * rotation of the sum, instead; the sums of a ciphertext's blocks are folded.
 *
 * Eight slots, a row of four pixels and a kernel of two taps: outputs y0, y1, y2. Both taps sent, a block of four slots each,
 * take one product and a fold by 4. With the giant step 1, tap 1 of an output is tap 0 of the one behind it: one tap is
 * sent, and slot 3 beside the outputs holds the pixel that y2 takes from there.
 *
 *     slot            0       1       2       3       4       5       6       7
 *     both sent       x0      x1      x2              x1      x2      x3
 *     weight          w0      w0      w0              w1      w1      w1
 *
 *     one sent        x0      x1      x2      x3
 *     giant step 0    w0      w0      w0
 *     giant step 1            w1      w1      w1
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
  /** Input ciphertexts that the client may be asked to send. */
  readonly mostInputs: number;
  /** Output phases worth trying, because later stages stride by them. */
  readonly phases: readonly Pair[];
}

/** A pixel seen from an output: which channel above its group's first, how far down and right of its window. */
type Tap = readonly [channel: number, y: number, x: number];

/** A giant step as a move of the whole output: by so many slots, which is by so many pixels of the input. */
interface GiantShift {
  readonly slotShift: number;
  readonly tapShift: Pair;
}

export function* im2colCandidates(problem: Im2colProblem): Generator<Candidate> {
  const taps = tapsOf(problem);
  for (const imageLayout of outputImageLayouts(problem)) {
    const block = powerOfTwoAtLeast(imageExtent(imageLayout));
    const blocks = Math.floor(problem.slots / block);
    for (const giants of giantSets(problem, imageLayout, taps.all)) {
      const cover = coverTaps(taps.all, giants);
      const inputs = Math.max(1, Math.ceil(cover.sent.length / blocks));
      if (inputs > problem.mostInputs) continue;
      const outputs = imageCiphertexts(imageLayout);
      const usedBlocks = powerOfTwoAtLeast(Math.min(blocks, cover.sent.length));
      const folds = Math.log2(usedBlocks);
      yield {
        kind: `phases ${imageLayout.phases.join("×")}`,
        rotations: outputs * (giants.length - 1 + folds),
        products: outputs * giants.length * inputs,
        build: () => build({ problem, taps, imageLayout, block, giants, cover, inputs }),
      };
    }
  }
}

interface Taps {
  /** The distinct ones. */
  readonly all: readonly Tap[];
  /** Tap of every entry of the map, as a position in `all`. */
  readonly ofEntry: Int32Array;
  /** The first input channel that each output channel reads: that of its group. */
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

/**
 * Columns and rows left free beside each plane of outputs, each number of them tried: a giant step reads beyond a plane's
 * edge, in slots in which no output may need another pixel.
 */
const spares = [0, 1, 2, 4];

function* outputImageLayouts({ outputShape, phases, slots }: Im2colProblem): Generator<ImageLayout> {
  const [, height, width] = outputShape;
  const seen = new Set<string>();
  for (const phase of phases) {
    const [rows, columns] = [Math.ceil(height / phase[0]), Math.ceil(width / phase[1])];
    for (const spareColumns of spares) {
      for (const rowStride of exactAndPadded(columns + spareColumns)) {
        for (const spareRows of spares) {
          for (const plane of exactAndPadded(rowStride * (rows + spareRows))) {
            const imageLayout = planesLayout({ shape: outputShape, phases: phase, rowStride, plane, slots });
            const name = JSON.stringify(imageLayout);
            if (!imageLayout || seen.has(name) || imageExtent(imageLayout) > slots) continue;
            seen.add(name);
            yield imageLayout;
          }
        }
      }
    }
  }
}

const exactAndPadded = (size: number) => new Set([size, powerOfTwoAtLeast(size)]);

/** Giant steps in one direction, 0 included; of kernels that reach further more taps are sent. */
const mostShifts = 16;

/** Rectangles of shifts that move the whole output by rows and columns: from no shift at all to the kernel's extent. */
function* giantSets(
  { stride }: Im2colProblem,
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

interface Cover {
  /** Taps that are sent in place. */
  readonly sent: readonly Tap[];
  /** For each tap, which sent one it is reached from, by which giant step. */
  readonly reached: readonly { readonly sent: number; readonly giant: number }[];
}

/** Takes uncovered taps in order; each one sent covers all its shifts. */
function coverTaps(taps: readonly Tap[], giants: readonly GiantShift[]): Cover {
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

interface Im2colDesign {
  readonly problem: Im2colProblem;
  readonly taps: Taps;
  /** Of the outputs. */
  readonly imageLayout: ImageLayout;
  /** Slots of one block, a power of two. */
  readonly block: number;
  readonly giants: readonly GiantShift[];
  readonly cover: Cover;
  /** Input ciphertexts; sent taps are dealt out to them in order. */
  readonly inputs: number;
}

function build(design: Im2colDesign): FinishedCandidate | undefined {
  const { problem, imageLayout, block, giants, cover, inputs, taps } = design;
  const { map, slots } = problem;
  const origins = slotOrigins(design);
  if (!origins) return undefined;
  const input = gatheredInput(design, origins);
  const places = pixelPlaces(imageLayout);
  const outputs = imageCiphertexts(imageLayout);
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
  const folds = foldBlocks(Math.ceil(cover.sent.length / inputs), block);
  const transform = withOutputLayout(
    { map, inputs, outputs, poolSums: [], folds, diagonals: [...diagonals.values()] },
    input,
  );
  return transform && { transform, input, imageLayout };
}

/** Channel, row and column of the window that starts at each slot of a block; undefined if two outputs disagree. */
function slotOrigins({
  problem,
  imageLayout,
  block,
  giants,
  taps,
}: Im2colDesign): (Tap | undefined)[] | undefined {
  const { outputShape, stride, slots } = problem;
  const [, height, width] = outputShape;
  const origins: (Tap | undefined)[] = new Array<Tap | undefined>(block).fill(undefined);
  const places = pixelPlaces(imageLayout);
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
  { problem, block, cover, inputs }: Im2colDesign,
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
