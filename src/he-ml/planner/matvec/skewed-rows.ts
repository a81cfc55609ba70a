import type { Repetition } from "../layout/full-slot-layout.js";

/**
 * Rows of partial sums, for an input that repeats. Row q stands q·(width + skew) slots on. The width is a multiple of
 * the input's period, so that q·width slots further on lies the same input again: what is left is that row q reads q·skew
 * further on than row 0. So one product, of one rotated input, is worth `count` diagonals, a row each; in the end
 * the rows are added up.
 *
 * Eight slots, x repeats every 2, two outputs. The two diagonals W00 W11 (step 0) and W01 W10 (step 1) would take two
 * products, and a rotation of x by 1 for the second. In two rows, of width 2 and skew 1, they are one product:
 *
 *     slot     0       1       2       3       4       5       6       7
 *     input    x0      x1      x0      x1      x0      x1      x0      x1
 *     weight   W00     W11             W01     W10
 *              └── row 0 ──┘           └── row 1 ──┘
 *     sum      y0      y1                                               after adding what lies 3 slots further on
 */
export interface SkewedRows {
  /** A power of two. */
  readonly count: number;
  /** Slots of a row without the skew: a power of two, and no less than the period. */
  readonly width: number;
  /** Slots by which each row reads further on than the one before. */
  readonly skew: number;
}

/** All partial sums in one row. */
export const oneRow = (slots: number): SkewedRows => ({ count: 1, width: slots, skew: 0 });

export const rowStride = ({ width, skew }: SkewedRows) => width + skew;

/**
 * The ways to skew rows that fit.
 *
 * @param steps of the diagonals; rows are skewed by the least distance between them, of which all must be multiples
 * @param repetition of the input
 */
export function* skewedRows(
  steps: readonly number[],
  { period, length }: Repetition,
  slots: number,
): Generator<SkewedRows> {
  if (period === slots || steps.length < 2) return;
  const skew = Math.min(...steps.filter((step) => step > 0));
  if (!Number.isFinite(skew) || steps.some((step) => step % skew !== 0)) return;
  const largestStep = Math.max(...steps);
  for (let count = 2; count <= steps.length; count *= 2) {
    for (const width of new Set([slots / count, period])) {
      const rows = { count, width, skew };
      const lastRowEnds = (count - 1) * rowStride(rows) + period;
      if (width < period || lastRowEnds > slots) continue;
      const furthestRead = lastRowEnds + stepWithin(rows, largestStep);
      if (length < slots && furthestRead > length) continue;
      yield rows;
    }
  }
}

/** The row that computes the diagonal of this step: neighbouring diagonals go to neighbouring rows. */
export function rowOfStep({ count, skew }: SkewedRows, step: number): number {
  return count === 1 ? 0 : (step / skew) % count;
}

/** How much further on than in its own row a diagonal still reads. */
export function stepWithin(rows: SkewedRows, step: number): number {
  return step - rowOfStep(rows, step) * rows.skew;
}
