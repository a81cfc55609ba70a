import {
  PublicContext,
  checkParameters,
  type Ciphertext,
  type EvaluationKeys,
  type ParametersSpec,
  type SerializedTensor,
} from "he-ml";
import { sentenceOf } from "../workers/calls.js";
import type { BenchStep } from "../workers/messages.js";
import { apply } from "./apply.js";
import type { BenchOperation } from "./operations.js";

/** Residues of a ciphertext that are shown. */
const shownResidues = 512;

/**
 * The first numbers of a serialised ciphertext of SEAL's.
 *
 * @param words of 64 bits that it holds, which stand at its end
 * @see SEAL 4.1.2, native/src/seal/ciphertext.cpp: Ciphertext::save_members
 */
function firstResidues(bytes: Uint8Array, words: number): Float64Array {
  const start = bytes.byteOffset + bytes.length - 8 * words;
  const view = new DataView(bytes.buffer, start, 8 * shownResidues);
  return Float64Array.from({ length: shownResidues }, (_, i) => Number(view.getBigUint64(8 * i, true)));
}

/**
 * Does operations one after the other on a ciphertext, by SEAL, with public keys only.
 *
 * @returns the fresh ciphertext's step, and one for each operation up to the first that is refused
 */
export async function runBench(
  spec: ParametersSpec,
  keys: EvaluationKeys,
  encrypted: SerializedTensor,
  operations: readonly BenchOperation[],
): Promise<readonly BenchStep[]> {
  const parameters = checkParameters(spec);
  const context = await PublicContext.load(parameters, keys, { evaluator: "seal" });
  const loaded = context.load(encrypted);
  const [fresh] = loaded.ciphertexts;
  const owned: Ciphertext[] = [];

  const stepOf = (x: Ciphertext, milliseconds: number): BenchStep => {
    const { level, scale, size } = x;
    // Only ciphertexts of two polynomials travel; what there is between is looked at by a relinearized copy.
    const travelling = size === 2 ? x : context.evaluator.relinearize(x);
    const ciphertexts = [context.evaluator.save(travelling)];
    if (travelling !== x) travelling[Symbol.dispose]();
    const bytes = size * level * parameters.polyModulusDegree * 8;
    return {
      tensor: { ...encrypted, ciphertexts },
      ...{ level, scaleBits: Math.log2(scale), size, bytes, milliseconds },
      residues: firstResidues(ciphertexts[0], 2 * level * parameters.polyModulusDegree),
    };
  };

  try {
    const steps = [stepOf(fresh, 0)];
    let x = fresh;
    for (const operation of operations) {
      try {
        const start = performance.now();
        x = apply(context.evaluator, operation, x, fresh);
        const milliseconds = performance.now() - start;
        owned.push(x);
        steps.push(stepOf(x, milliseconds));
      } catch (error) {
        return [...steps, { refused: sentenceOf(error) }];
      }
    }
    return steps;
  } finally {
    for (const each of owned) each[Symbol.dispose]();
    loaded[Symbol.dispose]();
    context[Symbol.dispose]();
  }
}
