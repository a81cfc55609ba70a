import type { RotationNeed } from "../../crypto/rotation-keys.js";
import type { LinearTransform } from "./linear-transform.js";

/** Rotations of some stages, each at the highest level it is used at. */
export function rotationNeeds(
  stages: readonly { readonly transform?: LinearTransform; readonly level: number }[],
): RotationNeed[] {
  const levels = new Map<number, number>();
  for (const { transform, level } of stages) {
    if (!transform) continue;
    const { diagonals, folds, poolSums } = transform;
    const steps = [
      ...diagonals.flatMap(({ baby, giant }) => [baby, giant]),
      ...folds.flat(),
      ...poolSums.flat(),
    ];
    for (const step of steps) if (step !== 0) levels.set(step, Math.max(level, levels.get(step) ?? 0));
  }
  return [...levels].map(([step, level]) => ({ step, level })).sort((a, b) => a.step - b.step);
}
