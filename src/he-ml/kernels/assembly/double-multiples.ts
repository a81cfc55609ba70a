// Sums of small multiples of residue polynomials of doubles: what a weighted sum of ciphertexts with constant weights is.

import { reduced, shiftBeside, timesConstant } from "./double-arithmetic";

/** Adding it rounds a double below 2^76 to a multiple of 2^25, which taking it away again leaves: 1.5 · 2^77. */
const splittingShift: f64 = 226673591177742970257408.0;
/** 2^−25. */
const highUnit: f64 = 2.98023223876953125e-8;

/** The polynomial at place `k` of a list. */
function at(list: usize, k: u32): usize {
  return load<u32>(list + ((<usize>k) << 2));
}

/** The weight at place `k` of a list, in both lanes. */
function weightAt(weights: usize, k: u32): v128 {
  return v128.load64_splat(weights + ((<usize>k) << 3));
}

/**
 * to ← plus + unit · Σ aₖ·wₖ modulo p, of a block of coefficients, where `plus` is an address or 0 for nothing.
 *
 * Each x = xh + xl with xh a multiple of 2^25 and |xl| ≤ 2^24, so that Σ xh·wₖ, a multiple of 2^25 below 2^78, and
 * Σ xl·wₖ, below 2^51, are exact, and one reduction at the end does. Both sums of a block stay in the first cache while
 * polynomials pass by.
 *
 * @param as_ a list of `count` addresses; |x| ≤ (p + 1)/2 ≤ 2^51
 * @param weights as many integers, as doubles: Σ |wₖ| < 2^27
 * @param from where the block begins, and `bytes` how long it is, in bytes: multiples of 16
 * @param scratch room for twice as many bytes
 * @param unit any constant, given as it is, |unit| ≤ p/2, and unit/p
 * @param high unit · 2^25 modulo p, given alike
 * @returns |r| ≤ (p + 1)/2
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
  unit: f64,
  unitRatio: f64,
  high: f64,
  highRatio: f64,
  prime: f64,
): void {
  const highs = scratch;
  const lows = scratch + bytes;
  const split = shiftBeside(prime, splittingShift);
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
    for (let j: usize = 0; j < bytes; j += 16) {
      const x0 = v128.load(a0 + j);
      const x1 = v128.load(a1 + j);
      const x2 = v128.load(a2 + j);
      const x3 = v128.load(a3 + j);
      const h0 = f64x2.sub(f64x2.add(x0, split), split);
      const h1 = f64x2.sub(f64x2.add(x1, split), split);
      const h2 = f64x2.sub(f64x2.add(x2, split), split);
      const h3 = f64x2.sub(f64x2.add(x3, split), split);
      let sum = f64x2.relaxed_madd(h0, w0, v128.load(highs + j));
      let low = f64x2.relaxed_madd(f64x2.sub(x0, h0), w0, v128.load(lows + j));
      sum = f64x2.relaxed_madd(h1, w1, sum);
      low = f64x2.relaxed_madd(f64x2.sub(x1, h1), w1, low);
      sum = f64x2.relaxed_madd(h2, w2, sum);
      low = f64x2.relaxed_madd(f64x2.sub(x2, h2), w2, low);
      sum = f64x2.relaxed_madd(h3, w3, sum);
      low = f64x2.relaxed_madd(f64x2.sub(x3, h3), w3, low);
      v128.store(highs + j, sum);
      v128.store(lows + j, low);
    }
  }
  for (; k < count; k++) {
    const a = at(as_, k) + from;
    const w = weightAt(weights, k);
    for (let j: usize = 0; j < bytes; j += 16) {
      const x = v128.load(a + j);
      const h = f64x2.sub(f64x2.add(x, split), split);
      v128.store(highs + j, f64x2.relaxed_madd(h, w, v128.load(highs + j)));
      v128.store(lows + j, f64x2.relaxed_madd(f64x2.sub(x, h), w, v128.load(lows + j)));
    }
  }
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  const u = f64x2.splat(unit);
  const uRatio = f64x2.splat(unitRatio);
  const v = f64x2.splat(high);
  const vRatio = f64x2.splat(highRatio);
  const toUnits = f64x2.splat(highUnit);
  for (let j: usize = 0; j < bytes; j += 16) {
    const h = reduced(f64x2.mul(v128.load(highs + j), toUnits), p, inverse, shift);
    const l = reduced(v128.load(lows + j), p, inverse, shift);
    let sum = f64x2.add(timesConstant(h, v, vRatio, p, shift), timesConstant(l, u, uRatio, p, shift));
    if (plus) sum = f64x2.add(sum, v128.load(plus + from + j));
    v128.store(to + from + j, reduced(sum, p, inverse, shift));
  }
}
