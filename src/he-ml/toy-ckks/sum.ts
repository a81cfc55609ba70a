import type { Plaintext } from "./encoding.js";
import type { Ciphertext } from "./encryption.js";
import { product } from "./modulo.js";
import { requireFits, requireLength, requireSameModuli, requireSameScale } from "./preconditions.js";
import { addPolynomials, reducePolynomial, scalePolynomial, zeroPolynomial } from "./ring.js";

/**
 * x + y, slot by slot: decryption is linear, so polynomials are added one by one. Their noise adds up, too.
 *
 * @throws InputError if moduli, scales or lengths differ
 * @see https://eprint.iacr.org/2016/421, section 3.4: Add
 * @example formatSlots(decode(decrypt(add(encrypted, encrypted), secretKey))) // [2.000, −1.000, 4.000, 0.500]
 */
export function add(x: Ciphertext, y: Ciphertext): Ciphertext {
  requireSameModuli("add", x.coeffModulus, y.coeffModulus);
  requireSameScale("add", x.scale, y.scale);
  const n = x.polynomials[0].length;
  requireLength("add", "a ciphertext", y.polynomials[0], n);
  const q = product(x.coeffModulus);
  const longer = x.polynomials.length < y.polynomials.length ? y : x;
  const polynomials = longer.polynomials.map((_, i) =>
    reducePolynomial(
      addPolynomials(x.polynomials[i] ?? zeroPolynomial(n), y.polynomials[i] ?? zeroPolynomial(n)),
      q,
    ),
  );
  return { ...x, polynomials };
}

/**
 * −x, slot by slot.
 *
 * @example formatSlots(decode(decrypt(negate(encrypted), secretKey))) // [−1.000, 0.500, −2.000, −0.250]
 */
export const negate = (x: Ciphertext): Ciphertext => ({
  ...x,
  polynomials: x.polynomials.map((polynomial) =>
    reducePolynomial(scalePolynomial(polynomial, -1n), product(x.coeffModulus)),
  ),
});

/**
 * x − y, slot by slot.
 *
 * @throws InputError if moduli, scales or lengths differ
 * @example formatSlots(decode(decrypt(sub(encrypted, encrypted), secretKey))) // [0.000, 0.000, 0.000, 0.000]
 */
export const sub = (x: Ciphertext, y: Ciphertext): Ciphertext => add(x, negate(y));

/**
 * x + plain, slot by slot: m is added to c0 alone, and brings no noise.
 *
 * @throws InputError if scales or lengths differ, or a coefficient does not fit into the modulus
 * @example formatSlots(decode(decrypt(addPlain(encrypted, plain), secretKey))) // [2.000, −1.000, 4.000, 0.500]
 */
export function addPlain(x: Ciphertext, plain: Plaintext): Ciphertext {
  requireSameScale("addPlain", x.scale, plain.scale);
  requireLength("addPlain", "a plaintext", plain.polynomial, x.polynomials[0].length);
  requireFits("addPlain", plain, x.coeffModulus);
  const [c0, ...others] = x.polynomials;
  const sum = reducePolynomial(addPolynomials(c0, plain.polynomial), product(x.coeffModulus));
  return { ...x, polynomials: [sum, ...others] };
}
