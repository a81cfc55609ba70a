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
): Float64Array {
  const polynomial = new Float64Array(polyModulusDegree);
  coefficients.forEach((digit, i) => {
    const exponent = lowest + i;
    const signed = exponent < 0 ? -digit : digit;
    polynomial[exponent < 0 ? polyModulusDegree + exponent : exponent] =
      ((signed % plainModulus) + plainModulus) % plainModulus;
  });
  return polynomial;
}

/**
 * The inverse, with coefficients of least magnitude: what stands in the upper half of the polynomial is taken for digits at
 * negative exponents. SEAL's decoder took all from its integer digits on for these; in the middle, products have more room.
 */
export function fromPolynomial(polynomial: Float64Array, plainModulus: number): Digits {
  const half = polynomial.length / 2;
  const digitAt = (exponent: number): number => {
    const residue = polynomial[exponent < 0 ? polynomial.length + exponent : exponent];
    if (residue === 0) return 0;
    const digit = residue > plainModulus / 2 ? residue - plainModulus : residue;
    return exponent < 0 ? -digit : digit;
  };
  let [first, last] = [-half, half - 1];
  while (first < half && digitAt(first) === 0) first++;
  if (first === half) return { lowest: 0, coefficients: [] };
  while (digitAt(last) === 0) last--;
  return {
    lowest: first,
    coefficients: Array.from({ length: last - first + 1 }, (_, i) => digitAt(first + i)),
  };
}
