// Sums of small multiples of residue polynomials of 64-bit integers: what a weighted sum of ciphertexts with constant weights
// is.

import { below, reduced, timesConstant } from "./integer-arithmetic";

const mask30: u64 = 0x3fffffff;

/** The polynomial at place `k` of a list. */
function at(list: usize, k: u32): usize {
  return load<u32>(list + ((<usize>k) << 2));
}

/** The weight at place `k` of a list of doubles. */
function weightAt(weights: usize, k: u32): i64 {
  return <i64>load<f64>(weights + ((<usize>k) << 3));
}

/** The lower half of x times w. */
function lowProduct(x: u64, w: i64): i64 {
  return <i64>(x & mask30) * w;
}

/** The upper half of x times w. */
function highProduct30(x: u64, w: i64): i64 {
  return <i64>(x >> 30) * w;
}

/** x·w modulo p, of any signed x. @param inverse ⌊(2^64 − 1) / p⌋ @returns r < p */
function timesSigned(x: i64, w: u64, low: u64, high: u64, p: u64, inverse: u64): u64 {
  const r = reduced(<u64>(x < 0 ? -x : x), p, inverse);
  const product = below(below(timesConstant(r, w, low, high, p), 2 * p), p);
  return select<u64>(p - product, product, x < 0 && product != 0);
}

/**
 * to ← plus + unit · Σ aₖ·wₖ modulo p, of a block of coefficients, where `plus` is an address or 0 for nothing.
 *
 * Each x = xh·2^30 + xl, so that both Σ xh·wₖ and Σ xl·wₖ stay below 2^59, and one reduction at the end does. Both sums of a
 * block stay in the first cache while polynomials pass by.
 *
 * @param as_ a list of `count` addresses; x in [0, p)
 * @param weights as many integers, as doubles: Σ |wₖ| < 2^27
 * @param from where the block begins, and `bytes` how long it is, in bytes: multiples of 16
 * @param scratch room for twice as many bytes
 * @param unit any constant below p, given as it is and ⌊unit·2^64 / p⌋
 * @param high unit · 2^30 modulo p, given alike
 * @param inverse ⌊(2^64 − 1) / p⌋
 */
export function addMultiples(
  to: usize,
  plus: usize,
  as_: usize,
  weights: usize,
  count: u32,
  from: usize,
  bytes: usize,
  scratch: usize,
  unit: u64,
  unitQuotient: u64,
  high: u64,
  highQuotient: u64,
  p: u64,
  inverse: u64,
): void {
  const highs = scratch;
  const lows = scratch + bytes;
  memory.fill(scratch, 0, 2 * bytes);
  let k: u32 = 0;
  // By fours, so that sums are read and written once for four terms.
  for (; k + 4 <= count; k += 4) {
    const a0 = at(as_, k) + from;
    const a1 = at(as_, k + 1) + from;
    const a2 = at(as_, k + 2) + from;
    const a3 = at(as_, k + 3) + from;
    const w0 = weightAt(weights, k);
    const w1 = weightAt(weights, k + 1);
    const w2 = weightAt(weights, k + 2);
    const w3 = weightAt(weights, k + 3);
    for (let j: usize = 0; j < bytes; j += 8) {
      const x0 = load<u64>(a0 + j);
      const x1 = load<u64>(a1 + j);
      const x2 = load<u64>(a2 + j);
      const x3 = load<u64>(a3 + j);
      const low = lowProduct(x0, w0) + lowProduct(x1, w1) + lowProduct(x2, w2) + lowProduct(x3, w3);
      const sum =
        highProduct30(x0, w0) + highProduct30(x1, w1) + highProduct30(x2, w2) + highProduct30(x3, w3);
      store<i64>(highs + j, load<i64>(highs + j) + sum);
      store<i64>(lows + j, load<i64>(lows + j) + low);
    }
  }
  for (; k < count; k++) {
    const a = at(as_, k) + from;
    const w = weightAt(weights, k);
    for (let j: usize = 0; j < bytes; j += 8) {
      const x = load<u64>(a + j);
      store<i64>(highs + j, load<i64>(highs + j) + highProduct30(x, w));
      store<i64>(lows + j, load<i64>(lows + j) + lowProduct(x, w));
    }
  }
  const unitLow = unitQuotient & 0xffffffff;
  const unitHigh = unitQuotient >> 32;
  const highLow = highQuotient & 0xffffffff;
  const highHigh = highQuotient >> 32;
  for (let j: usize = 0; j < bytes; j += 8) {
    const h = timesSigned(load<i64>(highs + j), high, highLow, highHigh, p, inverse);
    const l = timesSigned(load<i64>(lows + j), unit, unitLow, unitHigh, p, inverse);
    const sum = below(h + l, p);
    store<u64>(to + from + j, plus ? below(sum + load<u64>(plus + from + j), p) : sum);
  }
}
