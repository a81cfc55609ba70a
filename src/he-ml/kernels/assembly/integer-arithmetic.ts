// Residues modulo a prime p < 2^60 as 64-bit integers in [0, p).

/** The high 64 bits of x·y. */
export function highProduct(x: u64, y: u64): u64 {
  const xl = x & 0xffffffff;
  const xh = x >> 32;
  const yl = y & 0xffffffff;
  const yh = y >> 32;
  const middle = xh * yl + ((xl * yl) >> 32);
  return xh * yh + (middle >> 32) + ((xl * yh + (middle & 0xffffffff)) >> 32);
}

/**
 * x·w modulo p for a constant w < p, given as w and the halves of ⌊w·2^64 / p⌋.
 *
 * @param x any 64-bit number
 * @returns r < 4p, as the quotient's three truncated parts leave out less than 3
 * @see Shoup's multiplication in Harvey, https://arxiv.org/abs/1205.2926
 */
export function timesConstant(x: u64, w: u64, low: u64, high: u64, p: u64): u64 {
  const xl = x & 0xffffffff;
  const xh = x >> 32;
  const quotient = xh * high + ((xh * low) >> 32) + ((xl * high) >> 32);
  const r = x * w - quotient * p;
  assert(r < 4 * p);
  return r;
}

/** x − bound if x ≥ bound, else x. */
export function below(x: u64, bound: u64): u64 {
  return select<u64>(x - bound, x, x >= bound);
}

/** x modulo p, of any 64-bit x. @param inverse ⌊(2^64 − 1) / p⌋ (Barrett) */
export function reduced(x: u64, p: u64, inverse: u64): u64 {
  const r = below(below(x - highProduct(x, inverse) * p, 2 * p), p);
  assert(r == x % p);
  return r;
}
