import { powerOfTwoAtLeast } from "../layout/image-layout.js";
import { withOutputLayout, type Diagonal, type RotateAndSum } from "./linear-transform.js";
import type { AffineMap } from "../stages/affine-map.js";
import type { Candidate, FinishedCandidate } from "./candidate.js";

/**
 * Gathering, for a dense first stage: output i lies in slot i, and blocks of slots hold the input, each turned by
 * another distance, so that slot i of a block turned by t holds input i + t. Turns that are sent cost nothing; those
 * between them are rotations of the sum.
 */
export interface SentDiagonalsProblem {
  readonly map: AffineMap;
  readonly slots: number;
  readonly mostInputs: number;
}

interface Design {
  /** Outputs in one ciphertext. */
  readonly perCiphertext: number;
  readonly block: number;
  /** Neighbouring turns that are reached from one that is sent. */
  readonly giants: number;
  readonly inputs: number;
}

const mostGiants = 64;

export function* sentDiagonalCandidates({
  map,
  slots,
  mostInputs,
}: SentDiagonalsProblem): Generator<Candidate> {
  for (let giants = 1; giants <= mostGiants; giants++) {
    const perCiphertext = Math.min(map.rows, slots - giants + 1);
    const block = powerOfTwoAtLeast(perCiphertext + giants - 1);
    const blocks = Math.floor(slots / block);
    const sent = Math.ceil(map.columns / giants);
    const inputs = Math.ceil(sent / blocks);
    if (inputs > mostInputs) continue;
    const outputs = Math.ceil(map.rows / perCiphertext);
    const folds = Math.log2(powerOfTwoAtLeast(Math.ceil(sent / inputs)));
    yield {
      kind: "rows",
      rotations: outputs * (giants - 1 + folds),
      products: outputs * giants * inputs,
      build: () => build(map, slots, { perCiphertext, block, giants, inputs }),
    };
  }
}

function build(map: AffineMap, slots: number, design: Design): FinishedCandidate | undefined {
  const { perCiphertext, block, giants, inputs } = design;
  const sent = Math.ceil(map.columns / giants);
  const input = Array.from({ length: inputs }, () => new Int32Array(slots).fill(-1));
  for (let turn = 0; turn < sent; turn++) {
    const start = Math.floor(turn / inputs) * block;
    for (let slot = 0; slot < perCiphertext + giants - 1; slot++) {
      input[turn % inputs][start + slot] = (slot + turn * giants) % map.columns;
    }
  }
  const diagonals = new Map<number, Diagonal>();
  for (let row = 0; row < map.rows; row++) {
    const [output, slot] = [Math.floor(row / perCiphertext), row % perCiphertext];
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const distance = (map.columnOf[i] - slot + slots * map.columns) % map.columns;
      const [turn, giant] = [Math.floor(distance / giants), distance % giants];
      const key = (output * giants + giant) * inputs + (turn % inputs);
      let diagonal = diagonals.get(key);
      if (!diagonal) {
        const entries = new Int32Array(slots).fill(-1);
        diagonal = { input: turn % inputs, output, baby: 0, giant, entries };
        diagonals.set(key, diagonal);
      }
      diagonal.entries[slot + Math.floor(turn / inputs) * block + giant] = i;
    }
  }
  const usedBlocks = powerOfTwoAtLeast(Math.ceil(sent / inputs));
  const folds: RotateAndSum[] = [];
  for (let count = 1; count < usedBlocks; count *= 2) folds.push([count * block]);
  const outputs = Math.ceil(map.rows / perCiphertext);
  const transform = withOutputLayout(
    { map, inputs, outputs, poolSums: [], folds, diagonals: [...diagonals.values()] },
    input,
  );
  return transform && { transform, input };
}
