import type { Plaintext } from "./encoding.js";
import type { Ciphertext } from "./encryption.js";
import { product } from "./modulo.js";
import { requireFits, requireLength, requireSameModuli, requireScale, requireSize } from "./preconditions.js";
import { addPolynomials, multiplyPolynomials, reducePolynomial } from "./ring.js";

/**
 * x · plain, slot by slot: each polynomial times m. Scales multiply, and the noise grows with m.
 *
 * @throws InputError if lengths differ, a coefficient does not fit into the modulus, or the scale gets out of bounds
 * @example formatSlots(decode(decrypt(multiplyPlain(encrypted, plain), secretKey))) // [1.000, 0.250, 4.000, 0.063]
 */
export function multiplyPlain(x: Ciphertext, plain: Plaintext): Ciphertext {
  requireLength("multiplyPlain", "a plaintext", plain.polynomial, x.polynomials[0].length);
  requireFits("multiplyPlain", plain, x.coeffModulus);
  const scale = x.scale * plain.scale;
  requireScale("multiplyPlain", scale, x.coeffModulus);
  const q = product(x.coeffModulus);
  const polynomials = x.polynomials.map((polynomial) =>
    reducePolynomial(multiplyPolynomials(polynomial, plain.polynomial), q),
  );
  return { ...x, polynomials, scale };
}

/**
 * x · y, slot by slot: (c0 + c1·s)·(d0 + d1·s) = c0·d0 + (c0·d1 + c1·d0)·s + c1·d1·s², so it takes three polynomials.
 * `relinearize` brings them back to two. Scales multiply.
 *
 * @throws InputError if moduli or lengths differ, a factor has three polynomials, or the scale gets out of bounds
 * @see https://eprint.iacr.org/2016/421, section 3.4: Mult
 * @example multiply(encrypted, encrypted).polynomials.length // 3
 */
export function multiply(x: Ciphertext, y: Ciphertext): Ciphertext {
  requireSize("multiply", x, 2);
  requireSize("multiply", y, 2);
  requireSameModuli("multiply", x.coeffModulus, y.coeffModulus);
  requireLength("multiply", "a ciphertext", y.polynomials[0], x.polynomials[0].length);
  const scale = x.scale * y.scale;
  requireScale("multiply", scale, x.coeffModulus);
  const q = product(x.coeffModulus);
  const [c0, c1] = x.polynomials;
  const [d0, d1] = y.polynomials;
  const polynomials = [
    multiplyPolynomials(c0, d0),
    addPolynomials(multiplyPolynomials(c0, d1), multiplyPolynomials(c1, d0)),
    multiplyPolynomials(c1, d1),
  ].map((polynomial) => reducePolynomial(polynomial, q));
  return { ...x, polynomials, scale };
}
