import type { Ciphertext, LevelAndScale } from "../crypto/ciphertext.js";
import type { SchemeEvaluator } from "../crypto/scheme-evaluator.js";
import { lastPrime, type CkksParameters } from "../crypto/parameters.js";
import { formatShortage, roomBits, type SchemeParameters } from "../crypto/scheme-parameters.js";
import { InputError } from "../errors.js";
import { describeLayer, type LayerBase } from "../model/layer.js";

/** The primes of the chain do not hold the product that a layer computes. */
export class ChainTooShortError extends InputError {
  override readonly name = "ChainTooShortError";

  /** @param remedy parameters with the same scales and a chain that would do, where there is one */
  constructor(
    message: string,
    readonly remedy?: CkksParameters,
  ) {
    super(message);
  }
}

/**
 * The waterline: after each layer a ciphertext is rescaled for as long as its scale stays at or above the input's.
 * With `[60, 40, 40 | 60]` and 40-bit scales that is once a multiplication; with few, larger primes it is lazy, and
 * several products share one rescale. In BFV, which has one level, nothing is rescaled.
 *
 * @see Dathathri et al., "EVA: An Encrypted Vector Arithmetic Language and Compiler", PLDI 2020, section 5.2,
 *   https://arxiv.org/abs/1912.11951 ("waterline rescale")
 */
function shouldRescale(parameters: SchemeParameters, { level, scale }: LevelAndScale): boolean {
  return level > 1 && scale / lastPrime(parameters, level) >= 2 ** parameters.scaleBits;
}

/** Brings a fresh product down to the waterline: the state that `settledState` foretells. */
export function settle(evaluator: SchemeEvaluator, ciphertext: Ciphertext): void {
  while (shouldRescale(evaluator.parameters, ciphertext)) evaluator.rescaleToNextInplace(ciphertext);
}

/**
 * Where a product of this level and scale ends up.
 *
 * @throws ChainTooShortError if the product does not fit into the primes that are left
 */
export function settledState(
  parameters: SchemeParameters,
  layer: LayerBase,
  product: LevelAndScale,
): LevelAndScale {
  const room = roomBits(parameters, product.level);
  if (Math.log2(product.scale) >= room) {
    throw new ChainTooShortError(
      `${describeLayer(layer)}: ${formatShortage(parameters)}: the product's scale of ` +
        `2^${Math.log2(product.scale).toFixed(1)} does not fit into the ${room.toFixed(0)} bits left at level ` +
        `${product.level}`,
    );
  }
  let { level, scale } = product;
  while (shouldRescale(parameters, { level, scale })) scale /= lastPrime(parameters, level--);
  return { level, scale };
}
