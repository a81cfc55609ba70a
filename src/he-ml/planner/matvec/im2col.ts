import type { Pair } from "../../model/layer.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import {
  imageCiphertexts,
  imageExtent,
  pixelPlaces,
  planesLayout,
  powerOfTwoAtLeast,
  type ImageLayout,
} from "../layout/image-layout.js";
import { DiagonalTable } from "./diagonal-table.js";
import { withOutputLayout } from "./linear-transform.js";
import { countsOfSums, foldBlocks, mergedSums } from "./sums.js";
import { rotationsTogether, type RotationCosts } from "./rotation-costs.js";
import { rotationsOfShifts, splitShifts } from "./split-shifts.js";
import type { Candidate, FinishedCandidate } from "./candidate.js";
import {
  compareTaps,
  coverTaps,
  giantSets,
  giantShifts,
  tapsOf,
  type Cover,
  type GiantShift,
  type Tap,
  type Taps,
  type WindowedMap,
} from "./taps.js";

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
export interface Im2colProblem extends WindowedMap {
  readonly slots: number;
  /** Input ciphertexts that the client may be asked to send. */
  readonly mostInputs: number;
  /** Output phases worth trying, because later stages stride by them. */
  readonly phases: readonly Pair[];
  readonly costs: RotationCosts;
}

export function* im2colCandidates(problem: Im2colProblem): Generator<Candidate> {
  const taps = tapsOf(problem);
  const sentCounts = new Map<string, number>();
  for (const imageLayout of outputImageLayouts(problem)) {
    const block = powerOfTwoAtLeast(imageExtent(imageLayout));
    const blocks = Math.floor(problem.slots / block);
    const outputs = imageCiphertexts(imageLayout);
    for (const giants of giantSets(problem.stride, imageLayout, taps)) {
      const count = giants.down * giants.right;
      if (taps.all.length > count * blocks * problem.mostInputs) continue;
      // How many taps are sent is the same for all layouts of the outputs that have the same phases.
      const name = JSON.stringify(giants);
      const sent = sentCounts.get(name) ?? coverTaps(taps, giants).sent.length;
      sentCounts.set(name, sent);
      const inputs = Math.max(1, Math.ceil(sent / blocks));
      if (inputs > problem.mostInputs) continue;
      const folds = foldsOf(problem, Math.min(blocks, sent), block);
      const shifts = rotationsOfShifts(count, { inputs, outputs, costs: problem.costs });
      yield {
        kind: `phases ${imageLayout.phases.join("×")}`,
        ...rotationsTogether(countsOfSums(folds, outputs), shifts),
        products: outputs * count * inputs,
        build: () => {
          const cover = coverTaps(taps, giants);
          const giantsOf = giantShifts(giants, imageLayout);
          return build({ problem, taps, imageLayout, block, giants: giantsOf, cover, inputs });
        },
      };
    }
  }
}

const foldsOf = ({ slots, costs }: Im2colProblem, blocks: number, distance: number) =>
  mergedSums(foldBlocks(blocks, distance), slots, costs);

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
  const diagonals = new DiagonalTable(inputs, slots);
  const { rowStride, channelStride } = imageLayout;
  const stepsOf = splitShifts(
    giants.map(({ slotShift }) => slotShift),
    slots,
    [[rowStride, Math.max(channelStride, rowStride + 1)]],
    { inputs, outputs, costs: problem.costs },
  );
  for (let row = 0; row < map.rows; row++) {
    const { ciphertext: output, slot } = places[row];
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const tap = taps.ofEntry[i];
      const sent = cover.sentOf[tap];
      const { baby, giant } = stepsOf(giants[cover.giantOf[tap]].slotShift);
      const blockStart = Math.floor(sent / inputs) * block;
      diagonals.set({ input: sent % inputs, output, baby, giant }, slot + blockStart + giant, i);
    }
  }
  const folds = foldsOf(problem, Math.ceil(cover.sent.length / inputs), block);
  const transform = withOutputLayout(
    { map, inputs, outputs, poolSums: [], folds, diagonals: diagonals.list() },
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
