import type { Model } from "../he-ml/model/model.js";
import type { AffineMap } from "../he-ml/planner/stages/affine-map.js";
import { stagesOf } from "../he-ml/planner/stages/stages.js";

/** Rotations of a network whose values lie row by row, each stage multiplied by its diagonals. */
export type DiagonalCounts = {
  /** A rotation for each diagonal that is not zero, but the one of step 0. */
  readonly plain: number;
  /** In baby and giant steps, each stage by the baby size that takes fewest. */
  readonly babyGiant: number;
};

/**
 * What the diagonal method takes: output r reads input c by a rotation of c − r slots, so that a stage needs a rotation for each
 * difference that occurs. Stages are those of the planner, with the layers between two activations in one.
 *
 * @param slots more than any stage's inputs or outputs
 * @see Halevi and Shoup, "Algorithms in HElib", CRYPTO 2014, https://eprint.iacr.org/2014/106; baby and giant steps: "Faster Homomorphic
 *   Linear Transformations in HElib", CRYPTO 2018, https://eprint.iacr.org/2018/244
 */
export function diagonalCounts(model: Model, slots: number): DiagonalCounts {
  const stages = stagesOf(model).flatMap(({ map }) => (map ? [stepsOf(map, slots)] : []));
  return {
    plain: stages.reduce((sum, steps) => sum + steps.filter((step) => step !== 0).length, 0),
    babyGiant: stages.reduce((sum, steps) => sum + fewestRotations(steps, slots), 0),
  };
}

function stepsOf({ rows, rowStarts, columnOf }: AffineMap, slots: number): number[] {
  const steps = new Set<number>();
  for (let row = 0; row < rows; row++) {
    for (let entry = rowStarts[row]; entry < rowStarts[row + 1]; entry++) {
      steps.add((columnOf[entry] - row + slots) % slots);
    }
  }
  return [...steps];
}

/** Step = baby + giant, the giant step a multiple of the baby size. */
function fewestRotations(steps: readonly number[], slots: number): number {
  let fewest = Infinity;
  for (let size = 1; size <= slots; size++) {
    const [babies, giants] = [new Set<number>(), new Set<number>()];
    for (const step of steps) {
      const baby = step % size;
      if (baby !== 0) babies.add(baby);
      if (step !== baby) giants.add(step - baby);
    }
    fewest = Math.min(fewest, babies.size + giants.size);
  }
  return fewest;
}
