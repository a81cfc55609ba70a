// Work on residue polynomials of doubles, coefficient by coefficient. Results may overwrite operands. Unless it says
// otherwise, |x| ≤ (p + 1)/2 for what comes in and for what goes out; "loose" operands may be what a transform leaves.

import { isTight, reduced, shiftBeside, times, timesConstant } from "./double-arithmetic";

/** 2^52 as bits of a double, whose last 52 bits count ones; and as a number. */
const onesBits: u64 = 0x4330000000000000;
const ones: f64 = 4503599627370496.0;

/**
 * How many products are added up at once, before their sum is reduced and kept: few enough that a cache foresees what is read
 * next, and that the sum of what was kept and of four products, of less than p each where p < 2^50, is exact.
 */
const termsAtOnce: u32 = 4;

/** Where p is tight, products are at most 3/4·p, and a reduced sum and two of them below 2^53. */
const tightTerms: u32 = 2;

/** The address at place `k` of a list. */
function at(list: usize, k: u32): usize {
  return load<u32>(list + ((<usize>k) << 2));
}

/** Words in [0, p), as SEAL keeps them, to doubles. */
export function fromWords(to: usize, from: usize, n: u32, prime: f64): void {
  const p = f64x2.splat(prime);
  const half = f64x2.splat(prime / 2);
  const bits = i64x2.splat(onesBits);
  const offset = f64x2.splat(ones);
  for (const end = to + ((<usize>n) << 3); to < end; to += 16, from += 16) {
    const x = f64x2.sub(v128.or(v128.load(from), bits), offset);
    v128.store(to, f64x2.sub(x, v128.and(f64x2.gt(x, half), p)));
  }
}

/** Doubles to words in [0, p). */
export function toWords(to: usize, from: usize, n: u32, prime: f64): void {
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  const zero = f64x2.splat(0);
  const offset = f64x2.splat(ones);
  const mask = i64x2.splat(0x000fffffffffffff);
  for (const end = to + ((<usize>n) << 3); to < end; to += 16, from += 16) {
    const x = reduced(v128.load(from), p, inverse, shift);
    const positive = f64x2.add(x, v128.and(f64x2.lt(x, zero), p));
    v128.store(to, v128.and(f64x2.add(positive, offset), mask));
  }
}

/** to ← a + b. */
export function add(to: usize, a: usize, b: usize, n: u32, prime: f64): void {
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  for (const end = to + ((<usize>n) << 3); to < end; to += 16, a += 16, b += 16) {
    v128.store(to, reduced(f64x2.add(v128.load(a), v128.load(b)), p, inverse, shift));
  }
}

/** to ← a − b. */
export function subtract(to: usize, a: usize, b: usize, n: u32, prime: f64): void {
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  for (const end = to + ((<usize>n) << 3); to < end; to += 16, a += 16, b += 16) {
    v128.store(to, reduced(f64x2.sub(v128.load(a), v128.load(b)), p, inverse, shift));
  }
}

/** to ← to + a, with a's values in the order of a table of 16-bit places. */
export function addPermuted(to: usize, a: usize, places: usize, n: u32, prime: f64): void {
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  for (const end = to + ((<usize>n) << 3); to < end; to += 16, places += 4) {
    const first = v128.load64_zero(a + ((<usize>load<u16>(places)) << 3));
    const both = v128.load_lane<u64>(a + ((<usize>load<u16>(places, 2)) << 3), first, 1);
    v128.store(to, reduced(f64x2.add(v128.load(to), both), p, inverse, shift));
  }
}

/** to ← a·w for a constant, given as w, |w| ≤ p/2, and w/p. */
export function multiplyConstant(to: usize, a: usize, n: u32, constant: f64, ratio: f64, prime: f64): void {
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  const w = f64x2.splat(constant);
  const r = f64x2.splat(ratio);
  for (const end = to + ((<usize>n) << 3); to < end; to += 16, a += 16) {
    v128.store(to, reduced(timesConstant(v128.load(a), w, r, p, shift), p, inverse, shift));
  }
}

/** to ← Σ aₖ·bₖ; `as` and `bs` are lists of `count` addresses. */
export function sumOfProducts(to: usize, as_: usize, bs: usize, count: u32, n: u32, prime: f64): void {
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  const most = isTight(prime) ? tightTerms : termsAtOnce;
  for (let j: usize = 0, end = (<usize>n) << 3; j < end; j += 16) {
    let sum = times(v128.load(at(as_, 0) + j), v128.load(at(bs, 0) + j), p, inverse, shift);
    for (let k: u32 = 1; k < count; k++) {
      if (k % most == 0) sum = reduced(sum, p, inverse, shift);
      sum = f64x2.add(sum, times(v128.load(at(as_, k) + j), v128.load(at(bs, k) + j), p, inverse, shift));
    }
    v128.store(to + j, reduced(sum, p, inverse, shift));
  }
}

/**
 * to0 ← Σ fₖ·aₖ and to1 ← Σ fₖ·bₖ: both polynomials of ciphertexts times plaintexts, or loose digits times a key. Neither result
 * overwrites an operand, as there are several passes.
 */
export function sumOfProductPairs(
  to0: usize,
  to1: usize,
  factors: usize,
  as_: usize,
  bs: usize,
  count: u32,
  n: u32,
  prime: f64,
): void {
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  const tight = isTight(prime);
  for (let from: u32 = 0; from < count; from += termsAtOnce) {
    const until = min(from + termsAtOnce, count);
    for (let j: usize = 0, end = (<usize>n) << 3; j < end; j += 16) {
      let factor = v128.load(at(factors, from) + j);
      let sum0 = times(factor, v128.load(at(as_, from) + j), p, inverse, shift);
      let sum1 = times(factor, v128.load(at(bs, from) + j), p, inverse, shift);
      if (from > 0) {
        sum0 = f64x2.add(sum0, v128.load(to0 + j));
        sum1 = f64x2.add(sum1, v128.load(to1 + j));
      }
      for (let k = from + 1; k < until; k++) {
        if (tight && k == from + tightTerms) {
          sum0 = reduced(sum0, p, inverse, shift);
          sum1 = reduced(sum1, p, inverse, shift);
        }
        factor = v128.load(at(factors, k) + j);
        sum0 = f64x2.add(sum0, times(factor, v128.load(at(as_, k) + j), p, inverse, shift));
        sum1 = f64x2.add(sum1, times(factor, v128.load(at(bs, k) + j), p, inverse, shift));
      }
      v128.store(to0 + j, reduced(sum0, p, inverse, shift));
      v128.store(to1 + j, reduced(sum1, p, inverse, shift));
    }
  }
}

/** to0 ← to0 + f·a and to1 ← to1 + f·b. */
export function addProductPair(
  to0: usize,
  to1: usize,
  factor: usize,
  a: usize,
  b: usize,
  n: u32,
  prime: f64,
): void {
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  for (let j: usize = 0, end = (<usize>n) << 3; j < end; j += 16) {
    const f = v128.load(factor + j);
    const sum0 = f64x2.add(v128.load(to0 + j), times(f, v128.load(a + j), p, inverse, shift));
    const sum1 = f64x2.add(v128.load(to1 + j), times(f, v128.load(b + j), p, inverse, shift));
    v128.store(to0 + j, reduced(sum0, p, inverse, shift));
    v128.store(to1 + j, reduced(sum1, p, inverse, shift));
  }
}

/**
 * Coefficients modulo another prime q < 2^50 to residues modulo p.
 *
 * @param lift whether they are taken as numbers in [0, q), as SEAL takes them, rather than in ±q/2
 * @param from |x| ≤ (q − 1)/2
 */
export function convert(to: usize, from: usize, n: u32, other: f64, prime: f64, lift: bool): void {
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  const zero = f64x2.splat(0);
  const q = f64x2.splat(lift ? other : 0);
  for (const end = to + ((<usize>n) << 3); to < end; to += 16, from += 16) {
    const x = v128.load(from);
    const lifted = f64x2.add(x, v128.and(f64x2.lt(x, zero), q));
    v128.store(to, reduced(lifted, p, inverse, shift));
  }
}

/** to ← (a − b)·w + plus, where b is loose, up to 3.4p, and `plus` is an address or 0: the last step of a division by a prime. */
export function divideStep(
  to: usize,
  a: usize,
  b: usize,
  plus: usize,
  n: u32,
  constant: f64,
  ratio: f64,
  prime: f64,
): void {
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  const w = f64x2.splat(constant);
  const r = f64x2.splat(ratio);
  for (let j: usize = 0, end = (<usize>n) << 3; j < end; j += 16) {
    const difference = f64x2.sub(v128.load(a + j), v128.load(b + j));
    let quotient = timesConstant(difference, w, r, p, shift);
    if (plus) quotient = f64x2.add(quotient, v128.load(plus + j));
    v128.store(to + j, reduced(quotient, p, inverse, shift));
  }
}
