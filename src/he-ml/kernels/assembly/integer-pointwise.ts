// Work on residue polynomials of 64-bit integers in [0, p), coefficient by coefficient. Results may overwrite operands.
//
// A factor of products is kept in Montgomery form, f·2^60 modulo p. Products are added up as parts of 30 bits, before one
// reduction (Montgomery, "Modular multiplication without trial division", Math. Comp. 44 (1985)).

import { below, reduced, timesConstant } from "./integer-arithmetic";

const mask30: u64 = 0x3fffffff;
const mask60: u64 = 0x0fffffffffffffff;

/** The middle part of a product is below 2^61, and up to this many of them below 2^64. */
const mostTerms: u32 = 7;

/** The address at place `k` of a list. */
function at(list: usize, k: u32): usize {
  return load<u32>(list + ((<usize>k) << 2));
}

/**
 * (low + middle·2^30 + high·2^60) / 2^60 modulo p.
 *
 * @param negated −1/p modulo 2^60
 * @returns r < p, of sums of up to seven products below p·2^60
 */
function montgomery(low: u64, middle: u64, high: u64, p: u64, negated: u64): u64 {
  const carried = middle + (low >> 30);
  const bottom = ((carried & mask30) << 30) | (low & mask30);
  const top = high + (carried >> 30);
  const m = (bottom * negated) & mask60;
  const ml = m & mask30;
  const mh = m >> 30;
  const pl = p & mask30;
  const ph = p >> 30;
  // The lower halves of bottom + m·p cancel out, to 0 or to a carry of 1.
  const cross = ml * ph + mh * pl + ((ml * pl) >> 30);
  const sum = top + mh * ph + (cross >> 30) + (bottom != 0 ? 1 : 0);
  assert(sum < 8 * p);
  return below(below(below(sum, 4 * p), 2 * p), p);
}

/** to ← a + b. */
export function add(to: usize, a: usize, b: usize, n: u32, p: u64): void {
  for (const end = to + ((<usize>n) << 3); to < end; to += 8, a += 8, b += 8) {
    store<u64>(to, below(load<u64>(a) + load<u64>(b), p));
  }
}

/** to ← a − b. */
export function subtract(to: usize, a: usize, b: usize, n: u32, p: u64): void {
  for (const end = to + ((<usize>n) << 3); to < end; to += 8, a += 8, b += 8) {
    store<u64>(to, below(load<u64>(a) + p - load<u64>(b), p));
  }
}

/** to ← to + a, with a's values in the order of a table of 16-bit places. */
export function addPermuted(to: usize, a: usize, places: usize, n: u32, p: u64): void {
  for (const end = to + ((<usize>n) << 3); to < end; to += 8, places += 2) {
    store<u64>(to, below(load<u64>(to) + load<u64>(a + ((<usize>load<u16>(places)) << 3)), p));
  }
}

/** to ← a·w for a constant w < p, given as w and ⌊w·2^64 / p⌋. */
export function multiplyConstant(to: usize, a: usize, n: u32, w: u64, quotient: u64, p: u64): void {
  const low = quotient & 0xffffffff;
  const high = quotient >> 32;
  for (const end = to + ((<usize>n) << 3); to < end; to += 8, a += 8) {
    store<u64>(to, below(below(timesConstant(load<u64>(a), w, low, high, p), 2 * p), p));
  }
}

/** to ← Σ aₖ·bₖ with the bₖ in Montgomery form; `as` and `bs` are lists of `count` addresses. */
export function sumOfProducts(
  to: usize,
  as_: usize,
  bs: usize,
  count: u32,
  n: u32,
  p: u64,
  negated: u64,
): void {
  for (let j: usize = 0, end = (<usize>n) << 3; j < end; j += 8) {
    let sum: u64 = 0;
    let low: u64 = 0;
    let middle: u64 = 0;
    let high: u64 = 0;
    for (let k: u32 = 0, room = mostTerms; k < count; k++, room--) {
      if (room == 0) {
        room = mostTerms;
        sum = below(sum + montgomery(low, middle, high, p, negated), p);
        low = middle = high = 0;
      }
      const a = load<u64>(at(as_, k) + j);
      const b = load<u64>(at(bs, k) + j);
      const al = a & mask30;
      const ah = a >> 30;
      const bl = b & mask30;
      const bh = b >> 30;
      low += al * bl;
      middle += al * bh + ah * bl;
      high += ah * bh;
    }
    store<u64>(to + j, below(sum + montgomery(low, middle, high, p, negated), p));
  }
}

/** to0 ← Σ fₖ·aₖ and to1 ← Σ fₖ·bₖ with the fₖ, or else the aₖ and bₖ, in Montgomery form. */
export function sumOfProductPairs(
  to0: usize,
  to1: usize,
  factors: usize,
  as_: usize,
  bs: usize,
  count: u32,
  n: u32,
  p: u64,
  negated: u64,
): void {
  for (let j: usize = 0, end = (<usize>n) << 3; j < end; j += 8) {
    let sum0: u64 = 0;
    let sum1: u64 = 0;
    let low0: u64 = 0;
    let middle0: u64 = 0;
    let high0: u64 = 0;
    let low1: u64 = 0;
    let middle1: u64 = 0;
    let high1: u64 = 0;
    for (let k: u32 = 0, room = mostTerms; k < count; k++, room--) {
      if (room == 0) {
        room = mostTerms;
        sum0 = below(sum0 + montgomery(low0, middle0, high0, p, negated), p);
        sum1 = below(sum1 + montgomery(low1, middle1, high1, p, negated), p);
        low0 = middle0 = high0 = low1 = middle1 = high1 = 0;
      }
      const f = load<u64>(at(factors, k) + j);
      const a = load<u64>(at(as_, k) + j);
      const b = load<u64>(at(bs, k) + j);
      const fl = f & mask30;
      const fh = f >> 30;
      const al = a & mask30;
      const ah = a >> 30;
      const bl = b & mask30;
      const bh = b >> 30;
      low0 += fl * al;
      middle0 += fl * ah + fh * al;
      high0 += fh * ah;
      low1 += fl * bl;
      middle1 += fl * bh + fh * bl;
      high1 += fh * bh;
    }
    store<u64>(to0 + j, below(sum0 + montgomery(low0, middle0, high0, p, negated), p));
    store<u64>(to1 + j, below(sum1 + montgomery(low1, middle1, high1, p, negated), p));
  }
}

/** to0 ← to0 + f·a and to1 ← to1 + f·b with f in Montgomery form. */
export function addProductPair(
  to0: usize,
  to1: usize,
  factor: usize,
  a: usize,
  b: usize,
  n: u32,
  p: u64,
  negated: u64,
): void {
  for (let j: usize = 0, end = (<usize>n) << 3; j < end; j += 8) {
    const f = load<u64>(factor + j);
    const fl = f & mask30;
    const fh = f >> 30;
    const x = load<u64>(a + j);
    const y = load<u64>(b + j);
    const xl = x & mask30;
    const xh = x >> 30;
    const yl = y & mask30;
    const yh = y >> 30;
    const product0 = montgomery(fl * xl, fl * xh + fh * xl, fh * xh, p, negated);
    const product1 = montgomery(fl * yl, fl * yh + fh * yl, fh * yh, p, negated);
    store<u64>(to0 + j, below(load<u64>(to0 + j) + product0, p));
    store<u64>(to1 + j, below(load<u64>(to1 + j) + product1, p));
  }
}

/**
 * Coefficients in [0, q) modulo another prime to residues modulo p.
 *
 * @param lift whether they are taken as these numbers, as SEAL takes them, rather than in ±q/2
 * @param inverse ⌊(2^64 − 1) / p⌋
 */
export function convert(to: usize, from: usize, n: u32, q: u64, p: u64, inverse: u64, lift: bool): void {
  const half = lift ? q : q >> 1;
  for (const end = to + ((<usize>n) << 3); to < end; to += 8, from += 8) {
    const x = load<u64>(from);
    const isNegative = x > half;
    const r = reduced(select<u64>(q - x, x, isNegative), p, inverse);
    store<u64>(to, select<u64>(p - r, r, isNegative && r != 0));
  }
}

/** As `convert`, of coefficients that are doubles in ±q/2. */
export function convertDoubles(
  to: usize,
  from: usize,
  n: u32,
  q: f64,
  p: u64,
  inverse: u64,
  lift: bool,
): void {
  for (const end = to + ((<usize>n) << 3); to < end; to += 8, from += 8) {
    let x = load<f64>(from);
    if (lift && x < 0) x += q;
    const r = reduced(<u64>abs<f64>(x), p, inverse);
    store<u64>(to, select<u64>(p - r, r, x < 0 && r != 0));
  }
}

/** Coefficients in [0, q) to doubles of residues modulo p < 2^50, |x| ≤ (p − 1)/2. */
export function convertToDoubles(
  to: usize,
  from: usize,
  n: u32,
  q: u64,
  p: u64,
  inverse: u64,
  lift: bool,
): void {
  const half = lift ? q : q >> 1;
  const halfPrime = p >> 1;
  for (const end = to + ((<usize>n) << 3); to < end; to += 8, from += 8) {
    const x = load<u64>(from);
    const isNegative = x > half;
    const r = <i64>reduced(select<u64>(q - x, x, isNegative), p, inverse);
    const balanced = select<i64>(r - <i64>p, r, <u64>r > halfPrime);
    store<f64>(to, <f64>select<i64>(-balanced, balanced, isNegative));
  }
}

/** to ← (a − b)·w + plus, where `plus` is an address or 0 for nothing; w < p, given as w and ⌊w·2^64 / p⌋. */
export function divideStep(
  to: usize,
  a: usize,
  b: usize,
  plus: usize,
  n: u32,
  w: u64,
  quotient: u64,
  p: u64,
): void {
  const low = quotient & 0xffffffff;
  const high = quotient >> 32;
  for (let j: usize = 0, end = (<usize>n) << 3; j < end; j += 8) {
    const difference = load<u64>(a + j) + p - load<u64>(b + j);
    const divided = below(below(timesConstant(difference, w, low, high, p), 2 * p), p);
    store<u64>(to + j, plus ? below(divided + load<u64>(plus + j), p) : divided);
  }
}
