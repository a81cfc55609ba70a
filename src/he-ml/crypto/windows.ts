import type { DigitSizes } from "../kernels/signed-digits.js";

/** How integers are cut into windows of bits for a sum by buckets. */
export interface Windows extends DigitSizes {
  /** Additions that the sum takes, about. */
  readonly additions: number;
}

/** Each bit more doubles the buckets, and with them the memory: 16 for each window at 5 bits. */
const widest = 5;

/**
 * The cheapest windows for Σ wᵢ·xᵢ of `terms` group elements with integer weights. By buckets, each window takes one
 * addition a term into the bucket of its digit, then two a bucket to add the buckets up with their digits as factors
 * (running sums), and a doubling for each bit: Pippenger's method, known from multi-scalar multiplication.
 *
 * @see N. Pippenger, "On the Evaluation of Powers and Monomials", SIAM Journal on Computing 9 (1980)
 * @param largest the largest magnitude among the weights, at least 1
 */
export function chooseWindows(terms: number, largest: number): Windows {
  const length = Math.floor(Math.log2(largest)) + 2;
  let best: Windows | undefined;
  for (let bits = 1; bits <= widest; bits++) {
    const count = Math.ceil(length / bits);
    const additions = count * (terms * (1 - 2 ** -bits) + 2 ** bits + bits);
    if (!best || additions < best.additions) best = { bits, count, additions };
  }
  return best!;
}
