import { expect } from "@jest/globals";
import * as fc from "fast-check";
import type { Ciphertext } from "../../../src/he-ml/crypto/ciphertext.js";
import type { Evaluator } from "../../../src/he-ml/crypto/evaluator.js";
import type { CkksParameters } from "../../../src/he-ml/crypto/parameters.js";
import { PublicContext } from "../../../src/he-ml/crypto/public-context.js";
import { SecretContext } from "../../../src/he-ml/crypto/secret-context.js";
import type { ResidueKind } from "../../../src/he-ml/kernels/residue-ring.js";
import { tensor } from "../../../src/he-ml/tensor/tensor.js";

/** So large that no plaintext rounds to zero, and so small that products fit into the shortest chains. */
const weightScale = 2 ** 12;

/** What is done with ciphertexts a and b, values in every slot, and a plaintext. */
const operations: Readonly<Record<string, (he: Evaluator, a: Ciphertext, b: Ciphertext) => Ciphertext>> = {
  add: (he, a, b) => he.add(a, b),
  sub: (he, a, b) => he.sub(a, b),
  addPlain: (he, a) => he.addPlain(a, he.encode(values(he), a)),
  multiplyPlain: (he, a) =>
    he.multiplyPlain(a, he.encode(values(he), { level: a.level, scale: weightScale })),
  multiplyScalar: (he, a) =>
    he.multiplyPlain(a, he.encodeScalar(-1.75, { level: a.level, scale: weightScale })),
  multiplyPlainAdd: (he, a, b) => {
    const sum = he.multiplyPlain(a, he.encodeScalar(0.5, { level: a.level, scale: weightScale }));
    he.multiplyPlainAddInplace(sum, b, he.encode(values(he), { level: a.level, scale: weightScale }));
    return sum;
  },
  weightedSum: (he, a, b) => he.weightedSum([a, b, a], [0.25, -0.5, 1], weightScale),
  square: (he, a) => he.square(a),
  multiply: (he, a, b) => he.multiply(a, b),
  relinearize: (he, a, b) => he.relinearize(he.multiply(a, b)),
  addBeforeRelinearization: (he, a, b) => {
    const sum = he.copy(a);
    he.setScaleInplace(sum, a.scale * b.scale);
    return he.add(sum, he.multiply(a, b));
  },
  rotate: (he, a) => he.rotate(a, 3),
  conjugate: (he, a) => he.rotate(a, "conjugate"),
  rotateAndSum: (he, a) => {
    const sum = he.copy(a);
    he.rotateAndSumInplace(sum, [3, "conjugate"]);
    return sum;
  },
  rescale: (he, a) => (a.level === 1 ? he.copy(a) : he.rescaleToNext(a)),
  rescaleThree: (he, a, b) => (a.level === 1 ? he.copy(a) : he.rescaleToNext(he.multiply(a, b))),
  modSwitch: (he, a) => he.modSwitchTo(a, 1),
};

const values = ({ parameters }: Evaluator) =>
  Float64Array.from({ length: parameters.slots }, (_, i) => Math.sin(7 * i) / 2);

/**
 * That every operation gives SEAL's own bytes, of random ciphertexts at every level.
 *
 * @returns how many results were compared
 */
export async function compareBytes(
  parameters: CkksParameters,
  kind: ResidueKind | undefined,
  { seed, numRuns }: { readonly seed: number; readonly numRuns: number },
): Promise<number> {
  const { levels, slots } = parameters;
  const client = await SecretContext.create(parameters);
  const rotations = ([3, "conjugate"] as const).map((step) => ({ step, level: levels }));
  const keys = client.exportEvaluationKeys(rotations);
  const seal = await PublicContext.load(parameters, keys);
  const own = await PublicContext.load(parameters, keys, {
    evaluator: "kernel",
    kernel: { asSeal: true, ...(kind && { kind }) },
  });
  let compared = 0;
  const names = Object.keys(operations);
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.integer({ min: 1, max: levels }),
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 8 }),
      (name, level, drawn) => {
        const bytes = [1, 2].map(
          (factor) =>
            client.encrypt(
              tensor(
                [slots, 1],
                Float64Array.from({ length: slots }, (_, i) => factor * drawn[i % drawn.length]),
              ),
              { packing: "batch" },
            ).ciphertexts[0],
        );
        const results = [seal, own].map(({ evaluator: he }) => {
          const [a, b] = bytes.map((each) => he.modSwitchTo(he.load(each), level));
          return he.save(operations[name](he, a, b));
        });
        compared++;
        expect({ name, level, same: Buffer.compare(results[0], results[1]) === 0 }).toEqual({
          name,
          level,
          same: true,
        });
      },
    ),
    { seed, numRuns, endOnFailure: true },
  );
  return compared;
}
