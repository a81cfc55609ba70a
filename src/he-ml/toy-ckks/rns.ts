import { centredMod, inverseMod, product } from "./modulo.js";
import { addPolynomials, reducePolynomial, scalePolynomial, type Polynomial } from "./ring.js";

/**
 * A polynomial modulo q₁·…·q_L as L polynomials, its residues modulo each prime: a residue number system. Sums and products can be
 * computed on the residues, prime by prime, in small numbers; SEAL never computes otherwise.
 *
 * @param primes no two of which share a factor
 * @returns one a prime, coefficients in (−qᵢ/2, qᵢ/2]
 * @example toResidues([100n, -30n], [7n, 11n]) // [ [ 2n, -2n ], [ 1n, 3n ] ]
 */
export const toResidues = (polynomial: Polynomial, primes: readonly bigint[]): Polynomial[] =>
  primes.map((prime) => reducePolynomial(polynomial, prime));

/**
 * The numbers of the Chinese remainder theorem: the i-th is 1 modulo qᵢ and 0 modulo each other prime,
 * (q/qᵢ)·[(q/qᵢ)^−1 modulo qᵢ].
 *
 * @example crtFactors([7n, 11n]) // [ 22n, 56n ]
 */
export function crtFactors(primes: readonly bigint[]): bigint[] {
  const q = product(primes);
  return primes.map((prime) => (q / prime) * inverseMod(q / prime, prime));
}

/**
 * The polynomial that has these residues: Σ residueᵢ · factorᵢ modulo q, in (−q/2, q/2].
 *
 * @throws InputError if two primes share a factor
 * @example fromResidues([[2n, -2n], [1n, 3n]], [7n, 11n]) // [ 23n, -30n ]
 */
export function fromResidues(residues: readonly Polynomial[], primes: readonly bigint[]): Polynomial {
  const factors = crtFactors(primes);
  const sum = residues
    .map((residue, i) => scalePolynomial(residue, factors[i]))
    .reduce((total, term) => addPolynomials(total, term));
  return reducePolynomial(sum, product(primes));
}

/**
 * round(a / q_L), computed on residues alone. a − [a]_{q_L} is a multiple of q_L, and the nearest one to a; modulo each other prime,
 * dividing by q_L is multiplying by its inverse: aᵢ' = (aᵢ − a_L)·q_L^−1 modulo qᵢ.
 *
 * @param primes two or more
 * @returns residues modulo all primes but the last
 * @see https://eprint.iacr.org/2018/931, section 3.2; SEAL 4.1.2, native/src/seal/util/rns.h: divide_and_round_q_last_inplace
 * @example fromResidues(divideByLastPrime(toResidues([38n, -30n], [7n, 11n]), [7n, 11n]), [7n]) // [ 3n, -3n ]
 */
export function divideByLastPrime(residues: readonly Polynomial[], primes: readonly bigint[]): Polynomial[] {
  const last = residues.at(-1)!;
  return primes.slice(0, -1).map((prime, i) => {
    const inverse = inverseMod(primes.at(-1)!, prime);
    return residues[i].map((residue, j) => centredMod((residue - last[j]) * inverse, prime));
  });
}

/**
 * round(a / q_L) of a polynomial modulo q₁·…·q_L, by way of its residues.
 *
 * @param primes two or more
 * @returns modulo the product of all primes but the last
 * @example divideAndRound([38n, -30n], [7n, 11n]) // [ 3n, -3n ]
 */
export const divideAndRound = (polynomial: Polynomial, primes: readonly bigint[]): Polynomial =>
  fromResidues(divideByLastPrime(toResidues(polynomial, primes), primes), primes.slice(0, -1));
