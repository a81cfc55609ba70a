// The negacyclic number-theoretic transform on doubles, two levels of butterflies a pass. A table holds, for each of SEAL's
// twiddle factors w in bit-reversed order, w (balanced) and w/p.
// See Harvey, "Faster arithmetic for number-theoretic transforms", J. Symb. Comput. 60 (2014), https://arxiv.org/abs/1205.2926

import { evens, isTight, odds, reduced, shiftBeside, timesConstant, within } from "./double-arithmetic";

/**
 * Coefficients to values at the roots, in SEAL's order, in place.
 *
 * Values grow by at most (1/2 + B/16)·p a level where p < 2^50. `reductions` says at which passes they are reduced first, so
 * that B stays below 4; what comes out is not reduced. Primes of 51 and 52 bits are tight: everything is reduced before it is
 * multiplied, so that |x·w/p| ≤ 2^51, and sums stay below 2p < 2^53.
 *
 * @param x n doubles, |x| ≤ (p + 1)/2; the results are below 4p, and where p is tight, |x| ≤ (p + 1)/2
 * @param reductions bit m set: reduce before the pass that starts with m blocks
 */
export function forward(x: usize, n: u32, table: usize, prime: f64, reductions: u32): void {
  const tight = isTight(prime);
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  let m: u32 = 1;
  if ((31 - clz(n)) & 1) {
    const half: usize = ((<usize>n) >> 1) << 3;
    const w = v128.load_splat<u64>(table, 16);
    const ratio = v128.load_splat<u64>(table, 24);
    for (let y = x, end = x + half; y < end; y += 16) {
      const a = v128.load(y);
      const b = timesConstant(v128.load(y + half), w, ratio, p, shift);
      v128.store(y, f64x2.add(a, b));
      v128.store(y + half, f64x2.sub(a, b));
    }
    m = 2;
  }
  for (; m < n >> 2; m <<= 2) {
    const quarter: usize = (<usize>(n / (4 * m))) << 3;
    const reduce = (reductions & m) != 0;
    for (let block: u32 = 0; block < m; block++) {
      const first = table + ((<usize>(m + block)) << 4);
      const second = table + ((<usize>(2 * (m + block))) << 4);
      const w1 = v128.load_splat<u64>(first);
      const r1 = v128.load_splat<u64>(first, 8);
      const w2 = v128.load_splat<u64>(second);
      const r2 = v128.load_splat<u64>(second, 8);
      const w3 = v128.load_splat<u64>(second, 16);
      const r3 = v128.load_splat<u64>(second, 24);
      const start = x + <usize>block * 4 * quarter;
      for (let y0 = start, end = start + quarter; y0 < end; y0 += 16) {
        const y1 = y0 + quarter;
        const y2 = y1 + quarter;
        const y3 = y2 + quarter;
        let a = v128.load(y0);
        let b = v128.load(y1);
        let c = v128.load(y2);
        let d = v128.load(y3);
        if (reduce) {
          a = reduced(a, p, inverse, shift);
          b = reduced(b, p, inverse, shift);
        }
        if (tight) {
          c = reduced(c, p, inverse, shift);
          d = reduced(d, p, inverse, shift);
        }
        c = timesConstant(c, w1, r1, p, shift);
        d = timesConstant(d, w1, r1, p, shift);
        const ac = f64x2.add(a, c);
        const ca = f64x2.sub(a, c);
        let bd = f64x2.add(b, d);
        let db = f64x2.sub(b, d);
        if (tight) {
          bd = reduced(bd, p, inverse, shift);
          db = reduced(db, p, inverse, shift);
        }
        bd = timesConstant(bd, w2, r2, p, shift);
        db = timesConstant(db, w3, r3, p, shift);
        v128.store(y0, f64x2.add(ac, bd));
        v128.store(y1, f64x2.sub(ac, bd));
        v128.store(y2, f64x2.add(ca, db));
        v128.store(y3, f64x2.sub(ca, db));
      }
    }
  }
  // Blocks of four neighbours, two blocks at a time.
  for (let block: u32 = 0; block < m; block += 2) {
    const y = x + ((<usize>block) << 5);
    const y0 = v128.load(y);
    const y1 = v128.load(y, 16);
    const y2 = v128.load(y, 32);
    const y3 = v128.load(y, 48);
    const first = table + ((<usize>(m + block)) << 4);
    const second = table + ((<usize>(2 * (m + block))) << 4);
    const f0 = v128.load(first);
    const f1 = v128.load(first, 16);
    const s0 = v128.load(second);
    const s1 = v128.load(second, 16);
    const s2 = v128.load(second, 32);
    const s3 = v128.load(second, 48);
    const w1 = evens(f0, f1);
    const r1 = odds(f0, f1);
    let a = evens(y0, y2);
    let b = odds(y0, y2);
    let c = evens(y1, y3);
    let d = odds(y1, y3);
    if (tight) {
      a = reduced(a, p, inverse, shift);
      b = reduced(b, p, inverse, shift);
      c = reduced(c, p, inverse, shift);
      d = reduced(d, p, inverse, shift);
    }
    c = timesConstant(c, w1, r1, p, shift);
    d = timesConstant(d, w1, r1, p, shift);
    const ac = f64x2.add(a, c);
    const ca = f64x2.sub(a, c);
    let bd = f64x2.add(b, d);
    let db = f64x2.sub(b, d);
    if (tight) {
      bd = reduced(bd, p, inverse, shift);
      db = reduced(db, p, inverse, shift);
    }
    bd = timesConstant(bd, evens(s0, s2), odds(s0, s2), p, shift);
    db = timesConstant(db, evens(s1, s3), odds(s1, s3), p, shift);
    let e0 = f64x2.add(ac, bd);
    let e1 = f64x2.sub(ac, bd);
    let e2 = f64x2.add(ca, db);
    let e3 = f64x2.sub(ca, db);
    if (tight) {
      e0 = reduced(e0, p, inverse, shift);
      e1 = reduced(e1, p, inverse, shift);
      e2 = reduced(e2, p, inverse, shift);
      e3 = reduced(e3, p, inverse, shift);
    }
    assert(within(e0, 4 * prime) && within(e1, 4 * prime) && within(e2, 4 * prime) && within(e3, 4 * prime));
    v128.store(y, evens(e0, e1));
    v128.store(y, evens(e2, e3), 16);
    v128.store(y, odds(e0, e1), 32);
    v128.store(y, odds(e2, e3), 48);
  }
}

/**
 * Values at the roots back to coefficients, in place: the levels of `forward` in reverse, with inverse factors. The table's
 * first entry is 1/n, and its second the last level's factor times 1/n.
 *
 * @param x n doubles, |x| ≤ (p + 1)/2
 * @returns in x, |x| ≤ (p − 1)/2: balanced, and the same whatever computes it
 */
export function backward(x: usize, n: u32, table: usize, prime: f64): void {
  const tight = isTight(prime);
  const p = f64x2.splat(prime);
  const inverse = f64x2.splat(1 / prime);
  const shift = shiftBeside(prime);
  let m: u32 = n >> 2;
  for (let block: u32 = 0; block < m; block += 2) {
    const y = x + ((<usize>block) << 5);
    const y0 = v128.load(y);
    const y1 = v128.load(y, 16);
    const y2 = v128.load(y, 32);
    const y3 = v128.load(y, 48);
    const first = table + ((<usize>(m + block)) << 4);
    const second = table + ((<usize>(2 * (m + block))) << 4);
    const f0 = v128.load(first);
    const f1 = v128.load(first, 16);
    const s0 = v128.load(second);
    const s1 = v128.load(second, 16);
    const s2 = v128.load(second, 32);
    const s3 = v128.load(second, 48);
    const w1 = evens(f0, f1);
    const r1 = odds(f0, f1);
    const a = evens(y0, y2);
    const b = odds(y0, y2);
    const c = evens(y1, y3);
    const d = odds(y1, y3);
    let ab = f64x2.add(a, b);
    const ba = timesConstant(f64x2.sub(a, b), evens(s0, s2), odds(s0, s2), p, shift);
    let cd = f64x2.add(c, d);
    const dc = timesConstant(f64x2.sub(c, d), evens(s1, s3), odds(s1, s3), p, shift);
    let difference = f64x2.sub(ba, dc);
    if (tight) {
      ab = reduced(ab, p, inverse, shift);
      cd = reduced(cd, p, inverse, shift);
      difference = reduced(difference, p, inverse, shift);
    }
    const e0 = reduced(f64x2.add(ab, cd), p, inverse, shift);
    const e1 = reduced(f64x2.add(ba, dc), p, inverse, shift);
    let e2 = timesConstant(f64x2.sub(ab, cd), w1, r1, p, shift);
    let e3 = timesConstant(difference, w1, r1, p, shift);
    if (tight) {
      e2 = reduced(e2, p, inverse, shift);
      e3 = reduced(e3, p, inverse, shift);
    }
    v128.store(y, evens(e0, e1));
    v128.store(y, evens(e2, e3), 16);
    v128.store(y, odds(e0, e1), 32);
    v128.store(y, odds(e2, e3), 48);
  }
  let quarter: usize = 32;
  for (m >>= 2; m > 1; m >>= 2) {
    for (let block: u32 = 0; block < m; block++) {
      const first = table + ((<usize>(m + block)) << 4);
      const second = table + ((<usize>(2 * (m + block))) << 4);
      const w1 = v128.load_splat<u64>(first);
      const r1 = v128.load_splat<u64>(first, 8);
      const w2 = v128.load_splat<u64>(second);
      const r2 = v128.load_splat<u64>(second, 8);
      const w3 = v128.load_splat<u64>(second, 16);
      const r3 = v128.load_splat<u64>(second, 24);
      const start = x + <usize>block * 4 * quarter;
      for (let y0 = start, end = start + quarter; y0 < end; y0 += 16) {
        const y1 = y0 + quarter;
        const y2 = y1 + quarter;
        const y3 = y2 + quarter;
        const a = v128.load(y0);
        const b = v128.load(y1);
        const c = v128.load(y2);
        const d = v128.load(y3);
        let ab = f64x2.add(a, b);
        const ba = timesConstant(f64x2.sub(a, b), w2, r2, p, shift);
        let cd = f64x2.add(c, d);
        const dc = timesConstant(f64x2.sub(c, d), w3, r3, p, shift);
        let difference = f64x2.sub(ba, dc);
        if (tight) {
          ab = reduced(ab, p, inverse, shift);
          cd = reduced(cd, p, inverse, shift);
          difference = reduced(difference, p, inverse, shift);
        }
        v128.store(y0, reduced(f64x2.add(ab, cd), p, inverse, shift));
        v128.store(y1, reduced(f64x2.add(ba, dc), p, inverse, shift));
        let e2 = timesConstant(f64x2.sub(ab, cd), w1, r1, p, shift);
        let e3 = timesConstant(difference, w1, r1, p, shift);
        if (tight) {
          e2 = reduced(e2, p, inverse, shift);
          e3 = reduced(e3, p, inverse, shift);
        }
        v128.store(y2, e2);
        v128.store(y3, e3);
      }
    }
    quarter <<= 2;
  }
  const scale = v128.load_splat<u64>(table);
  const scaleRatio = v128.load_splat<u64>(table, 8);
  const w1 = v128.load_splat<u64>(table, 16);
  const r1 = v128.load_splat<u64>(table, 24);
  if (m == 1) {
    const w2 = v128.load_splat<u64>(table, 32);
    const r2 = v128.load_splat<u64>(table, 40);
    const w3 = v128.load_splat<u64>(table, 48);
    const r3 = v128.load_splat<u64>(table, 56);
    for (let y0 = x, end = x + quarter; y0 < end; y0 += 16) {
      const y1 = y0 + quarter;
      const y2 = y1 + quarter;
      const y3 = y2 + quarter;
      const a = v128.load(y0);
      const b = v128.load(y1);
      const c = v128.load(y2);
      const d = v128.load(y3);
      let ab = f64x2.add(a, b);
      const ba = timesConstant(f64x2.sub(a, b), w2, r2, p, shift);
      let cd = f64x2.add(c, d);
      const dc = timesConstant(f64x2.sub(c, d), w3, r3, p, shift);
      let sum = f64x2.add(ba, dc);
      let difference = f64x2.sub(ba, dc);
      if (tight) {
        ab = reduced(ab, p, inverse, shift);
        cd = reduced(cd, p, inverse, shift);
        sum = reduced(sum, p, inverse, shift);
        difference = reduced(difference, p, inverse, shift);
      }
      const e0 = timesConstant(f64x2.add(ab, cd), scale, scaleRatio, p, shift);
      const e1 = timesConstant(sum, scale, scaleRatio, p, shift);
      const e2 = timesConstant(f64x2.sub(ab, cd), w1, r1, p, shift);
      const e3 = timesConstant(difference, w1, r1, p, shift);
      v128.store(y0, reduced(e0, p, inverse, shift));
      v128.store(y1, reduced(e1, p, inverse, shift));
      v128.store(y2, reduced(e2, p, inverse, shift));
      v128.store(y3, reduced(e3, p, inverse, shift));
    }
  } else {
    const half: usize = ((<usize>n) >> 1) << 3;
    for (let y = x, end = x + half; y < end; y += 16) {
      const a = v128.load(y);
      const b = v128.load(y + half);
      const sum = timesConstant(f64x2.add(a, b), scale, scaleRatio, p, shift);
      const difference = timesConstant(f64x2.sub(a, b), w1, r1, p, shift);
      v128.store(y, reduced(sum, p, inverse, shift));
      v128.store(y + half, reduced(difference, p, inverse, shift));
    }
  }
}
