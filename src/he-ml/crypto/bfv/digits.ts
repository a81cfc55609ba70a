/**
 * Digits of a value as a Laurent polynomial Σ dₑ·Xᵉ, which is the value where X is the base. In a ring where X^N = −1 the
 * digit at a negative exponent stands at N + e with the opposite sign. An integer is one digit, at X⁰.
 */
export interface Digits {
  /** Exponent of the first coefficient. */
  readonly lowest: number;
  /** Whole numbers, by exponent from `lowest`; none for zero. */
  readonly coefficients: readonly number[];
}

/**
 * The digits as coefficients modulo `plainModulus` of a polynomial of degree below N.
 *
 * @param digits whose exponents lie between −N and N
 */
export function toPolynomial(
  { lowest, coefficients }: Digits,
  polyModulusDegree: number,
  plainModulus: number,
): BigUint64Array {
  const polynomial = new BigUint64Array(polyModulusDegree);
  coefficients.forEach((digit, i) => {
    const exponent = lowest + i;
    const signed = exponent < 0 ? -digit : digit;
    const residue = ((signed % plainModulus) + plainModulus) % plainModulus;
    polynomial[exponent < 0 ? polyModulusDegree + exponent : exponent] = BigInt(residue);
  });
  return polynomial;
}

/**
 * The inverse, with coefficients of least magnitude: what stands in the upper half of the polynomial is taken for digits at
 * negative exponents.
 */
export function fromPolynomial(polynomial: BigUint64Array, plainModulus: number): Digits {
  const half = polynomial.length / 2;
  const signed = Array.from(polynomial, (word) => {
    const residue = Number(word);
    return residue > plainModulus / 2 ? residue - plainModulus : residue;
  });
  const turned = [...signed.slice(half).map((digit) => (digit === 0 ? 0 : -digit)), ...signed.slice(0, half)];
  const first = turned.findIndex((digit) => digit !== 0);
  if (first < 0) return { lowest: 0, coefficients: [] };
  const last = turned.findLastIndex((digit) => digit !== 0);
  return { lowest: first - half, coefficients: turned.slice(first, last + 1) };
}
