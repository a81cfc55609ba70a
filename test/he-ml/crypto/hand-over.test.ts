import { describe, expect, test } from "@jest/globals";
import type { EvaluatorKind } from "../../../src/he-ml/crypto/evaluator-kind.js";
import { encryptSlots, lazyParameters, openSeal } from "../support.js";

const kinds: EvaluatorKind[] = ["seal", "kernel"];

describe.each(kinds)("what a %s evaluator hands over", (evaluator) => {
  test("is taken over as it was, through memory that threads share, and fits into the bytes of `save`", async () => {
    const { evaluator: he, ...side } = await openSeal(lazyParameters, { evaluator });
    const fresh = encryptSlots({ evaluator: he, ...side }, Float64Array.of(0.5, -3));
    const product = he.weightedSum([fresh, fresh], [0.25, -3], 2 ** 9);
    const states = [fresh, product, he.rescaleToNext(product), he.modSwitchTo(fresh, 1)];
    if (evaluator === "kernel") states.push(he.square(fresh));
    for (const ciphertext of states) {
      const saved = he.save(ciphertext);
      // As it lies in a tensor: at any multiple of 4 bytes.
      const room = new Uint8Array(new SharedArrayBuffer(saved.length + 4), 4);
      const length = he.handOver(ciphertext, room);
      const taken = he.takeOver(room.subarray(0, length));
      expect([taken.level, taken.scale, taken.size]).toEqual([
        ciphertext.level,
        ciphertext.scale,
        ciphertext.size,
      ]);
      expect(Buffer.compare(he.save(taken), saved)).toBe(0);
    }
  });
});
