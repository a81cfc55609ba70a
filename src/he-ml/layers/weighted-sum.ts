import type { Ciphertext, LevelAndScale, Plaintext } from "../crypto/ciphertext.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { formatChain, modulusBits } from "../crypto/parameters.js";
import { describeLayer, type LayerBase } from "../model/layer.js";
import { maxAbs, type Tensor } from "../tensor/tensor.js";
import { ChainTooShortError, settle, settledState } from "./rescaling.js";

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

/**
 * Level and scale of the rescaled sum.
 *
 * @throws ChainTooShortError if products, weights or bias do not fit into the primes that are left
 */
export function weightedSumState(
  { parameters }: Evaluator,
  layer: LayerBase & { readonly weights: Tensor; readonly bias?: Tensor },
  input: LevelAndScale,
): LevelAndScale {
  const weightScale = 2 ** parameters.weightScaleBits;
  const product = { level: input.level, scale: input.scale * weightScale };
  const settled = settledState(parameters, layer, product);
  const room = modulusBits(parameters, input.level) - 1;
  const largest = Math.max(
    maxAbs(layer.weights.data) * weightScale,
    maxAbs(layer.bias?.data ?? []) * product.scale,
  );
  if (Math.log2(largest) >= room) {
    throw new ChainTooShortError(
      `${describeLayer(layer)}: its weights or bias, encoded, take ${Math.ceil(Math.log2(largest))} bits and do not ` +
        `fit into the ${room.toFixed(0)} bits left at level ${input.level} of ${formatChain(parameters)}`,
    );
  }
  return settled;
}
