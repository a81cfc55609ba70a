import { beforeAll, describe, expect, test } from "@jest/globals";
import { noiseModel } from "../../../src/he-ml/crypto/noise.js";
import { checkParameters, type CkksParameters } from "../../../src/he-ml/crypto/parameters.js";
import { encryptSlots, openSeal, rootMeanSquare, seededRandom } from "../support.js";

export const chains: [string, CkksParameters][] = (
  [
    ["N=1024 [50, 60, 48 | 60]", 1024, [50, 60, 48, 60]],
    ["N=4096 [60, 40, 40, 40 | 60]", 4096, [60, 40, 40, 40, 60]],
    ["N=2048 [60, 50, 50 | 40], a small special prime", 2048, [60, 50, 50, 40]],
  ] as const
).map(([name, polyModulusDegree, coeffModulusBits]) => [
  name,
  checkParameters({
    polyModulusDegree,
    coeffModulusBits,
    scaleBits: 36,
    weightScaleBits: 20,
    security: "teaching",
  }),
]);

/** ±1 in every slot: products then carry the predicted noise itself, not less. */
export function signs(count: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length: count }, () => (random() < 0.5 ? -1 : 1));
}

// Most of a key switch's error is the same for every ciphertext under one key, so keys have to be averaged over.
export function describeKeySwitching([name, parameters]: (typeof chains)[number]): void {
  describe(`key-switching noise over sixteen keys, ${name}`, () => {
    const keys = 16;
    const { slots, polyModulusDegree, levels } = parameters;
    /** By level − 1 and key, in units of 1 / scale. */
    const errors: Float64Array[][] = Array.from({ length: levels }, () => []);
    beforeAll(async () => {
      for (let key = 0; key < keys; key++) {
        const side = await openSeal(parameters);
        for (let level = 1; level <= levels; level++) {
          const [zero, other] = [new Float64Array(slots), signs(slots, key)].map((values) => {
            const low = side.evaluator.modSwitchTo(encryptSlots(side, values), level);
            side.evaluator.setScaleInplace(low, 2 ** 10);
            return low;
          });
          const product = side.evaluator.multiply(zero, other);
          const before = side.slots(product);
          const after = side.slots(side.evaluator.relinearize(product));
          errors[level - 1].push(after.map((value, i) => (value - before[i]) * product.scale));
        }
      }
    });

    test("relinearizing errs as predicted, within a factor of 2, at every level", () => {
      const model = noiseModel(parameters);
      for (let level = 1; level <= levels; level++) {
        const ratio = rootMeanSquare(errors[level - 1].map(rootMeanSquare)) / model.keySwitch(level);
        expect(ratio).toBeGreaterThan(0.5);
        expect(ratio).toBeLessThan(2);
      }
    });

    test("slot 0 errs √(3N)/π times as much as the slots together, within a factor of 4", () => {
      const level = levels;
      const slot0 = rootMeanSquare(errors[level - 1].map((slotErrors) => slotErrors[0]));
      const predicted =
        (noiseModel(parameters).keySwitch(level) * Math.sqrt(3 * polyModulusDegree)) / Math.PI;
      expect(slot0 / predicted).toBeGreaterThan(1 / 4);
      expect(slot0 / predicted).toBeLessThan(4);
    });
  });
}
