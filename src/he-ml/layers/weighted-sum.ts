import type { Ciphertext, LevelAndScale, Plaintext } from "../crypto/ciphertext.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { settle } from "./rescaling.js";

/** One product of a sum: an input ciphertext and an encoded weight. */
export interface Term {
  readonly input: Ciphertext;
  readonly weight: Plaintext;
}

/**
 * Σ input·weight + bias, rescaled once at the end. Products with weights that round to zero are left out, as SEAL
 * refuses the transparent ciphertexts they would give; where nothing is left, an encryption of zero stands in.
 *
 * @param product level and scale of the products
 */
export function weightedSum(
  evaluator: Evaluator,
  terms: Iterable<Term>,
  bias: Plaintext | undefined,
  product: LevelAndScale,
): Ciphertext {
  let sum: Ciphertext | undefined;
  try {
    for (const { input, weight } of terms) {
      if (weight.isZero) continue;
      if (sum) evaluator.multiplyPlainAddInplace(sum, input, weight);
      else sum = evaluator.multiplyPlain(input, weight);
    }
    sum ??= evaluator.encryptZero(product);
    if (bias && !bias.isZero) evaluator.addPlainInplace(sum, bias);
    settle(evaluator, sum);
    return sum;
  } catch (error) {
    sum?.[Symbol.dispose]();
    throw error;
  }
}

/** Level and scale of an input times a weight. */
export function productState(evaluator: Evaluator, input: LevelAndScale): LevelAndScale {
  return { level: input.level, scale: input.scale * 2 ** evaluator.parameters.weightScaleBits };
}
