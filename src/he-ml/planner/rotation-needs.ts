import type { RotationNeed } from "../crypto/rotation-keys.js";
import type { SlotMap } from "./slot-map.js";

/** Rotations of some stages, each at the highest level it is used at. */
export function rotationNeeds(
  stages: readonly { readonly slotMap?: SlotMap; readonly level: number }[],
): RotationNeed[] {
  const levels = new Map<number, number>();
  for (const { slotMap, level } of stages) {
    if (!slotMap) continue;
    const { diagonals, folds, poolSums } = slotMap;
    const steps = [
      ...diagonals.flatMap(({ baby, giant }) => [baby, giant]),
      ...folds.flat(),
      ...poolSums.flat(),
    ];
    for (const step of steps) if (step !== 0) levels.set(step, Math.max(level, levels.get(step) ?? 0));
  }
  return [...levels].map(([step, level]) => ({ step, level })).sort((a, b) => a.step - b.step);
}
