import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import type { EvaluatorKind } from "../../../src/he-ml/crypto/evaluator-kind.js";
import { operationsBetween } from "../../../src/he-ml/crypto/operation-counts.js";
import { checkParameters, type CkksParameters } from "../../../src/he-ml/crypto/parameters.js";
import { classicParameters, lazyParameters, openClear, openSeal, sigmas } from "../support.js";
import { Program } from "./random-program.js";
import { operations, step } from "./random-steps.js";

export const parameterSets: [string, CkksParameters][] = [
  ["[50, 60, 48 | 60] with scales of 20 and 16 bits", lazyParameters],
  ["[60, 40, 40, 40 | 60] with scales of 40 bits", classicParameters],
  [
    "[30, 25, 26 | 30] with scales of 20 and 8 bits",
    checkParameters({
      polyModulusDegree: 1024,
      coeffModulusBits: [30, 25, 26, 30],
      scaleBits: 20,
      weightScaleBits: 8,
      security: "teaching",
    }),
  ],
];

/** That so many random programs do the same on both sides, under each of these parameters. */
export function describeRandomPrograms(
  sets: typeof parameterSets,
  { seed, numRuns, evaluator = "seal" }: { seed: number; numRuns: number; evaluator?: EvaluatorKind },
): void {
  describe.each(sets)("random programs under %s", (_, parameters) => {
    test(
      `run alike on ${evaluator} and on the clear twin: levels, scales, counts and refusals the same, values within ` +
        `${sigmas} predicted standard deviations (more where errors are known to correlate)`,
      async () => {
        const seal = await openSeal(parameters, { evaluator });
        const clear = openClear(parameters);
        const tally = new Map(operations.map((operation) => [operation, { accepted: 0, refused: 0 }]));
        let [sharp, counted] = [0, 0];
        fc.assert(
          fc.property(fc.array(step, { minLength: 20, maxLength: 40 }), (steps) => {
            using program = new Program(seal, clear, tally);
            const before = [seal.evaluator.operations, clear.evaluator.operations];
            for (const next of steps) program.run(next);
            sharp += program.compare();
            if (!program.alone) {
              counted++;
              expect(operationsBetween(before[0], seal.evaluator.operations)).toEqual(
                operationsBetween(before[1], clear.evaluator.operations),
              );
            }
          }),
          { seed, numRuns, endOnFailure: true },
        );
        // The comparison means something: most is accepted, much is refused, and few results drown in their bound.
        for (const [operation, { accepted, refused }] of tally) {
          expect({ operation, often: accepted > numRuns / 4 }).toEqual({ operation, often: true });
          if (operation === "encrypt" || operation === "copy") expect(refused).toBe(0);
          else expect({ operation, refused: refused > 0 }).toEqual({ operation, refused: true });
        }
        expect(sharp).toBeGreaterThan((numRuns * 20) / 3);
        expect(counted).toBeGreaterThan(numRuns / 3);
      },
    );
  });
}
