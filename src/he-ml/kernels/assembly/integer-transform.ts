// The negacyclic number-theoretic transform on integers. A table holds, for each of SEAL's twiddle factors w in bit-reversed
// order, w and ⌊w·2^64 / p⌋. Values stay below 8p < 2^63 between levels (Harvey's lazy butterflies).

import { below, timesConstant } from "./integer-arithmetic";

/** Coefficients to values at the roots, in SEAL's order, in place; in [0, p) before and after. */
export function forward(x: usize, n: u32, table: usize, p: u64): void {
  const p4 = 4 * p;
  for (let m: u32 = 1, half: usize = ((<usize>n) >> 1) << 3; m < n; m <<= 1, half >>= 1) {
    for (let block: u32 = 0; block < m; block++) {
      const entry = table + ((<usize>(m + block)) << 4);
      const w = load<u64>(entry);
      const low = <u64>load<u32>(entry, 8);
      const high = <u64>load<u32>(entry, 12);
      const start = x + <usize>block * 2 * half;
      for (let y = start, end = start + half; y < end; y += 8) {
        assert(load<u64>(y) < 2 * p4);
        const a = below(load<u64>(y), p4);
        const b = timesConstant(load<u64>(y + half), w, low, high, p);
        store<u64>(y, a + b);
        store<u64>(y + half, a - b + p4);
      }
    }
  }
  for (const end = x + ((<usize>n) << 3); x < end; x += 8) {
    store<u64>(x, below(below(below(load<u64>(x), p4), 2 * p), p));
  }
}

/** Values at the roots back to coefficients, in place; the table's first two entries as in `double-transform`. */
export function backward(x: usize, n: u32, table: usize, p: u64): void {
  const p4 = 4 * p;
  let half: usize = 8;
  for (let m: u32 = n >> 1; m > 1; m >>= 1, half <<= 1) {
    for (let block: u32 = 0; block < m; block++) {
      const entry = table + ((<usize>(m + block)) << 4);
      const w = load<u64>(entry);
      const low = <u64>load<u32>(entry, 8);
      const high = <u64>load<u32>(entry, 12);
      const start = x + <usize>block * 2 * half;
      for (let y = start, end = start + half; y < end; y += 8) {
        const a = load<u64>(y);
        const b = load<u64>(y + half);
        store<u64>(y, below(a + b, p4));
        store<u64>(y + half, timesConstant(a - b + p4, w, low, high, p));
      }
    }
  }
  const scale = load<u64>(table);
  const scaleLow = <u64>load<u32>(table, 8);
  const scaleHigh = <u64>load<u32>(table, 12);
  const last = load<u64>(table, 16);
  const lastLow = <u64>load<u32>(table, 24);
  const lastHigh = <u64>load<u32>(table, 28);
  for (let y = x, end = x + half; y < end; y += 8) {
    const a = load<u64>(y);
    const b = load<u64>(y + half);
    const sum = timesConstant(a + b, scale, scaleLow, scaleHigh, p);
    const difference = timesConstant(a - b + p4, last, lastLow, lastHigh, p);
    store<u64>(y, below(below(sum, 2 * p), p));
    store<u64>(y + half, below(below(difference, 2 * p), p));
  }
}
