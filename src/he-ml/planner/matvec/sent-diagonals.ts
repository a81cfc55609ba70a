import { powerOfTwoAtLeast } from "../layout/image-layout.js";
import { modulo } from "./assemble.js";
import { DiagonalTable } from "./diagonal-table.js";
import { withOutputLayout } from "./linear-transform.js";
import { countsOfSums, foldBlocks, mergedSums, type RotateAndSum } from "./sums.js";
import { rotationsTogether, type RotationCosts } from "./rotation-costs.js";
import { rotationsOfShifts, splitShifts } from "./split-shifts.js";
import type { AffineMap } from "../stages/affine-map.js";
import type { Candidate, FinishedCandidate } from "./candidate.js";

/**
 * Sent diagonals, for a dense first stage: output i lies in slot i, and blocks of slots hold the input, each turned by
 * another distance, so that slot i of a block turned by t holds input i + t. Turns that the client sends cost no rotation;
 * those between them are reached by giant steps, and the sums of the blocks are folded.
 *
 * Eight slots, three outputs of four inputs, two giant steps (0 and 1), so that the turns 0 and 2 are sent, a block each:
 *
 *     slot     0       1       2       3       4       5       6       7
 *     input    x0      x1      x2      x3      x2      x3      x0      x1
 *     giant 0  W00     W11     W22             W02     W13     W20
 *     giant 1          W01     W12     W23             W03     W10     W21
 *
 * The sum of the second line's products is rotated by 1 and added; then what lies 4 slots further on is added: two
 * rotations and two products, in place of three rotations and four products for four diagonals.
 */
export interface SentDiagonalsProblem {
  readonly map: AffineMap;
  readonly slots: number;
  /** Input ciphertexts that the client may be asked to send. */
  readonly mostInputs: number;
  readonly costs: RotationCosts;
}

interface SentDiagonalsDesign {
  /** Outputs in one ciphertext. */
  readonly perCiphertext: number;
  /** Slots of one block, a power of two. */
  readonly block: number;
  /** Neighbouring turns that are reached from one that is sent, which is itself one of them. */
  readonly giants: number;
  /** Input ciphertexts; turns are dealt out to them in order. */
  readonly inputs: number;
  readonly folds: readonly RotateAndSum[];
}

/** Each giant step but 0 is a rotation: a stage with more of them costs more than whole networks do. */
const mostGiants = 64;

export function* sentDiagonalCandidates(problem: SentDiagonalsProblem): Generator<Candidate> {
  const { map, slots, mostInputs } = problem;
  for (let giants = 1; giants <= mostGiants; giants++) {
    const perCiphertext = Math.min(map.rows, slots - giants + 1);
    const block = powerOfTwoAtLeast(perCiphertext + giants - 1);
    const blocks = Math.floor(slots / block);
    const sent = Math.ceil(map.columns / giants);
    const inputs = Math.ceil(sent / blocks);
    if (inputs > mostInputs) continue;
    const outputs = Math.ceil(map.rows / perCiphertext);
    const folds = mergedSums(foldBlocks(Math.ceil(sent / inputs), block), slots, problem.costs);
    const shifts = rotationsOfShifts(giants, { inputs, outputs, costs: problem.costs });
    yield {
      kind: "rows",
      ...rotationsTogether(countsOfSums(folds, outputs), shifts),
      products: outputs * giants * inputs,
      build: () => build(problem, { perCiphertext, block, giants, inputs, folds }),
    };
  }
}

function build(
  { map, slots, costs }: SentDiagonalsProblem,
  design: SentDiagonalsDesign,
): FinishedCandidate | undefined {
  const { perCiphertext, block, giants, inputs, folds } = design;
  const sent = Math.ceil(map.columns / giants);
  const input = Array.from({ length: inputs }, () => new Int32Array(slots).fill(-1));
  for (let turn = 0; turn < sent; turn++) {
    const start = Math.floor(turn / inputs) * block;
    for (let slot = 0; slot < perCiphertext + giants - 1; slot++) {
      input[turn % inputs][start + slot] = (slot + turn * giants) % map.columns;
    }
  }
  const diagonals = new DiagonalTable(inputs, slots);
  const outputs = Math.ceil(map.rows / perCiphertext);
  const stepsOf = splitShifts([...new Array(giants).keys()], slots, [[slots, 2 * slots]], {
    inputs,
    outputs,
    costs,
  });
  for (let row = 0; row < map.rows; row++) {
    const [output, slot] = [Math.floor(row / perCiphertext), row % perCiphertext];
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      const distance = modulo(map.columnOf[i] - slot, map.columns);
      const turn = Math.floor(distance / giants);
      const { baby, giant } = stepsOf(distance % giants);
      const blockStart = Math.floor(turn / inputs) * block;
      diagonals.set({ input: turn % inputs, output, baby, giant }, slot + blockStart + giant, i);
    }
  }
  const transform = withOutputLayout(
    { map, inputs, outputs, poolSums: [], folds, diagonals: diagonals.list() },
    input,
  );
  return transform && { transform, input };
}
