import { beforeAll, describe, expect, test } from "@jest/globals";
import type { Ciphertext } from "../../../src/he-ml/crypto/ciphertext.js";
import type { ClearCiphertext } from "../../../src/he-ml/crypto/clear-evaluator.js";
import type { Evaluator } from "../../../src/he-ml/crypto/evaluator.js";
import { noiseModel } from "../../../src/he-ml/crypto/noise.js";
import { checkParameters, type CkksParameters } from "../../../src/he-ml/crypto/parameters.js";
import {
  encryptSlots,
  openClear,
  openSeal,
  rootMeanSquare,
  seededRandom,
  type SealSide,
} from "../support.js";

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
function signs(count: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length: count }, () => (random() < 0.5 ? -1 : 1));
}

// |s(ζ)|² of one secret key averages over N / 2 slots, and the samples over that: the ratio is 1 within a few percent.
const samples = 4;
const honest = { least: 0.75, most: 1.3 };

export function describeNoise([name, parameters]: (typeof chains)[number]): void {
  describe(`predicted noise against measured noise, ${name}`, () => {
    const model = noiseModel(parameters, "seal");
    const { slots, levels, scaleBits } = parameters;
    const top = { level: levels, scale: 2 ** scaleBits };
    let side: SealSide;
    beforeAll(async () => {
      side = await openSeal(parameters);
    });

    /** Measured over predicted standard deviation; `measure` gives errors in units of 1 / scale. */
    function expectHonest(predicted: number, measure: (sample: number) => ArrayLike<number>): void {
      const errors = Array.from({ length: samples }, (_, sample) => rootMeanSquare(measure(sample)));
      const ratio = rootMeanSquare(errors) / predicted;
      expect(ratio).toBeGreaterThan(honest.least);
      expect(ratio).toBeLessThan(honest.most);
    }

    const read = (ciphertext: Ciphertext) => side.slots(ciphertext).map((value) => value * ciphertext.scale);

    test("fresh encryption under the secret key", () => {
      expectHonest(model.fresh, (sample) => {
        const values = signs(slots, sample);
        return read(encryptSlots(side, values)).map((value, i) => value - values[i] * top.scale);
      });
    });

    test("fresh encryption of zero under the public key", () => {
      expectHonest(model.freshPublicKey, () => read(side.evaluator.encryptZero(top)));
    });

    test("encoding a vector", () => {
      expectHonest(model.encoding, (sample) => {
        const random = seededRandom(sample);
        const values = Float64Array.from({ length: slots }, () => 2 * random() - 1);
        const zero = side.evaluator.encryptZero(top);
        const sum = side.evaluator.addPlain(zero, side.evaluator.encode(values, top));
        const before = read(zero);
        return read(sum).map((value, i) => value - before[i] - values[i] * top.scale);
      });
    });

    test.each([1, 2])("rescaling %d times", (times) => {
      expectHonest(model.rounding(2), (sample) => {
        let before = side.evaluator.encryptZero({ level: levels, scale: 2 ** 90 });
        before = side.evaluator.addPlain(
          before,
          side.evaluator.encode(signs(slots, sample), { level: levels, scale: 2 ** 90 }),
        );
        for (let i = 1; i < times; i++) before = side.evaluator.rescaleToNext(before);
        const after = side.evaluator.rescaleToNext(before);
        const exact = side.slots(before);
        return read(after).map((value, i) => value - exact[i] * after.scale);
      });
    });

    test("rescaling 3 polynomials, not yet relinearized", () => {
      const clear = openClear(parameters);
      const rescale = (evaluator: Evaluator, fresh: Ciphertext) => {
        const squared = evaluator.square(fresh);
        return [squared, evaluator.rescaleToNext(squared)];
      };
      const [squared, rescaled] = rescale(clear.evaluator, encryptSlots(clear, signs(slots, 0)));
      const last = Number(parameters.coeffModulus[levels - 1]);
      const carried = (squared as ClearCiphertext).noise / last;
      const predicted = Math.sqrt((rescaled as ClearCiphertext).noise ** 2 - carried ** 2);
      expectHonest(predicted, (sample) => {
        const [before, after] = rescale(side.evaluator, encryptSlots(side, signs(slots, sample)));
        const exact = side.slots(before);
        return read(after).map((value, i) => value - exact[i] * after.scale);
      });
    });

    const operations: [string, (evaluator: Evaluator, a: Ciphertext, b: Ciphertext) => Ciphertext][] = [
      ["adding", (evaluator, a, b) => evaluator.add(a, b)],
      ["subtracting", (evaluator, a, b) => evaluator.sub(a, b)],
      ["multiplying by a vector", (evaluator, a) => multiplyBySigns(evaluator, a)],
      [
        "multiplying by a scalar",
        (evaluator, a) =>
          evaluator.multiplyPlain(a, evaluator.encodeScalar(-0.75, { level: a.level, scale: 2 ** 20 })),
      ],
      [
        "multiplying and adding up",
        (evaluator, a, b) => {
          const sum = multiplyBySigns(evaluator, a);
          evaluator.multiplyPlainAddInplace(
            sum,
            b,
            evaluator.encodeScalar(1, { level: a.level, scale: 2 ** 20 }),
          );
          return sum;
        },
      ],
      // Weights that are whole at that scale: what rounding others does is predicted too, and the twin shows it in its values.
      ["a weighted sum", (evaluator, a, b) => evaluator.weightedSum([a, b], [0.875, -0.25], 2 ** 16)],
      ["multiplying two ciphertexts", (evaluator, a, b) => evaluator.multiply(a, b)],
      ["squaring", (evaluator, a) => evaluator.square(a)],
      [
        "squaring, relinearizing and rescaling",
        (evaluator, a) => evaluator.rescaleToNext(evaluator.relinearize(evaluator.square(a))),
      ],
    ];
    function multiplyBySigns(evaluator: Evaluator, a: Ciphertext): Ciphertext {
      return evaluator.multiplyPlain(
        a,
        evaluator.encode(signs(slots, 99), { level: a.level, scale: 2 ** 20 }),
      );
    }

    test.each(operations)("the clear twin's predictedError after %s", (_, operation) => {
      expectPredicted(operation);
    });

    test("a ciphertext added to itself errs √2 times as much as predicted: both errors are one", () => {
      expectPredicted((evaluator, a) => evaluator.add(a, a), Math.SQRT2);
    });

    function expectPredicted(operation: (typeof operations)[number][1], factor = 1): void {
      const clear = openClear(parameters);
      const run = (on: SealSide | typeof clear, sample: number) =>
        operation(
          on.evaluator,
          encryptSlots(on, signs(slots, 2 * sample)),
          encryptSlots(on, signs(slots, 2 * sample + 1)),
        );
      const { predictedError } = run(clear, 0) as ClearCiphertext;
      expectHonest(factor * predictedError, (sample) => {
        const expected = clear.slots(run(clear, sample));
        return side.slots(run(side, sample)).map((value, i) => value - expected[i]);
      });
    }
  });
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
      const model = noiseModel(parameters, "seal");
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
        (noiseModel(parameters, "seal").keySwitch(level) * Math.sqrt(3 * polyModulusDegree)) / Math.PI;
      expect(slot0 / predicted).toBeGreaterThan(1 / 4);
      expect(slot0 / predicted).toBeLessThan(4);
    });
  });
}
