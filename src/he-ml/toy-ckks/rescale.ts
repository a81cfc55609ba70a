import { InputError } from "../errors.js";
import type { Ciphertext } from "./encryption.js";
import { product } from "./modulo.js";
import { requireScale } from "./preconditions.js";
import { reducePolynomial } from "./ring.js";
import { divideAndRound } from "./rns.js";

/**
 * Divides by the last prime that is left and drops it: the values stay, the scale is divided, and so is the noise.
 * Rounding c0 and c1 by up to ½ adds noise of its own, ½ + ½·s.
 *
 * @throws InputError if one prime is left
 * @see https://eprint.iacr.org/2018/931, section 4.1: RS; SEAL 4.1.2, native/src/seal/evaluator.h: rescale_to_next
 * @example rescale(multiplyPlain(encrypted, plain)).coeffModulus.length // 1
 */
export function rescale(x: Ciphertext): Ciphertext {
  const rest = chainBelow("rescale", x);
  return {
    polynomials: x.polynomials.map((polynomial) => divideAndRound(polynomial, x.coeffModulus)),
    coeffModulus: rest,
    scale: x.scale / Number(x.coeffModulus.at(-1)),
  };
}

/**
 * Drops the last prime and divides nothing: values, scale and noise stay, and there is less room. It brings a ciphertext down to
 * another's level.
 *
 * @throws InputError if one prime is left, or the scale does not fit into what is left
 * @see SEAL 4.1.2, native/src/seal/evaluator.h: mod_switch_to_next
 * @example modSwitch(encrypted).scale === encrypted.scale // true
 */
export function modSwitch(x: Ciphertext): Ciphertext {
  const rest = chainBelow("modSwitch", x);
  requireScale("modSwitch", x.scale, rest);
  return {
    ...x,
    polynomials: x.polynomials.map((polynomial) => reducePolynomial(polynomial, product(rest))),
    coeffModulus: rest,
  };
}

function chainBelow(operation: string, { coeffModulus }: Ciphertext): readonly bigint[] {
  if (coeffModulus.length > 1) return coeffModulus.slice(0, -1);
  throw new InputError(
    `${operation}: expected a ciphertext with two primes or more, got one at the last level, ${coeffModulus[0]}; ` +
      `add a prime to the chain, or rescale less often`,
  );
}
