import { InputError } from "../errors.js";
import { complex, interpolateSlots, slotExponents } from "./embedding.js";
import { encode } from "./encoding.js";
import type { Ciphertext } from "./encryption.js";
import type { ToyParameters } from "./parameters.js";
import type { Polynomial } from "./ring.js";

/** Whether a client accepts an answer: all real parts of its values are within ±bound. It tells nothing else. */
export type Accepts = (answer: Ciphertext) => boolean;

/** Coefficients round to the right ones where values are known to within ½; half of that is left for the rounding of plaintexts. */
const closeEnough = 0.25;

/**
 * The secret key, from a client's reactions alone. An answer with c1 = k decrypts to k·s, whose slots hold the key's values at the
 * roots; a plaintext in c0 lifts one slot to the bound, and a binary search finds where the client starts to refuse.
 * c1 = k·X^(N/2), which is i or −i in each slot, does so for imaginary parts. N numbers give N coefficients.
 *
 * @param bound the largest value that is accepted
 * @param parameters with room for twice the bound: bound·scale below q/4
 * @returns the key, and how many answers were sent
 * @throws InputError if the bound is below 16·N/scale
 * @example reactionAttack(accepts, 64, parameters).asked // 48
 */
export function reactionAttack(
  accepts: Accepts,
  bound: number,
  parameters: ToyParameters,
): { readonly secretKey: Polynomial; readonly asked: number } {
  const { polyModulusDegree: n, slots, scale, coeffModulus } = parameters;
  // No value of s is larger than N: the slots that are not asked about stay within half of the bound.
  const unit = bound / (2 * n);
  const k = Math.round(scale * unit);
  if (!(k >= 8)) {
    throw new InputError(
      `reactionAttack: expected a bound of at least ${(16 * n) / scale}, got ${bound}; take a larger scale or bound`,
    );
  }
  let asked = 0;
  const valueAt = (slot: number, power: number): number => {
    const c1 = Array.from({ length: n }, (_, j) => (j === power ? BigInt(k) : 0n));
    let [low, high] = [-n, n];
    while (high - low > closeEnough) {
      const middle = (low + high) / 2;
      const lift = Array.from({ length: slots }, (_, i) => (i === slot ? bound - middle * unit : 0));
      asked++;
      const answer = { polynomials: [encode(lift, parameters).polynomial, c1], coeffModulus, scale };
      if (accepts(answer)) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  };
  const values = slotExponents(n).map((exponent, slot) => {
    const isI = exponent % 4 === 1;
    return complex(valueAt(slot, 0), (isI ? -1 : 1) * valueAt(slot, n / 2));
  });
  const secretKey = interpolateSlots(values).map((coefficient) => BigInt(Math.round(coefficient)));
  return { secretKey, asked };
}
