/**
 * An affine map y = W·x + b between flattened tensors, with the zeros of W left out: rows one after the other
 * (compressed sparse rows).
 */
export interface AffineMap {
  readonly rows: number;
  readonly columns: number;
  /** Entries of row i are `rowStarts[i]` (inclusive) to `rowStarts[i + 1]` (exclusive). */
  readonly rowStarts: Int32Array;
  readonly columnOf: Int32Array;
  readonly weights: Float64Array;
  readonly bias: Float64Array;
}

export interface Entry {
  readonly column: number;
  readonly weight: number;
}

/** Builds a map row by row; entries that are zero are left out, those of one column are added up. */
export function affineMap(
  rows: number,
  columns: number,
  row: (index: number) => { readonly entries: Iterable<Entry>; readonly bias: number },
): AffineMap {
  const rowStarts = new Int32Array(rows + 1);
  const bias = new Float64Array(rows);
  const columnOf: number[] = [];
  const weights: number[] = [];
  const sums = new Float64Array(columns);
  const touched: number[] = [];
  for (let i = 0; i < rows; i++) {
    const { entries, bias: constant } = row(i);
    for (const { column, weight } of entries) {
      if (sums[column] === 0) touched.push(column);
      sums[column] += weight;
    }
    touched.sort((a, b) => a - b);
    for (const column of touched) {
      if (sums[column] !== 0) {
        columnOf.push(column);
        weights.push(sums[column]);
      }
      sums[column] = 0;
    }
    touched.length = 0;
    bias[i] = constant;
    rowStarts[i + 1] = columnOf.length;
  }
  return {
    rows,
    columns,
    rowStarts,
    columnOf: Int32Array.from(columnOf),
    weights: Float64Array.from(weights),
    bias,
  };
}

/** The map that applies `first`, then `second`. */
export function compose(first: AffineMap, second: AffineMap): AffineMap {
  return affineMap(second.rows, first.columns, (row) => {
    let bias = second.bias[row];
    const entries: Entry[] = [];
    for (let i = second.rowStarts[row]; i < second.rowStarts[row + 1]; i++) {
      const middle = second.columnOf[i];
      const weight = second.weights[i];
      bias += weight * first.bias[middle];
      for (let k = first.rowStarts[middle]; k < first.rowStarts[middle + 1]; k++) {
        entries.push({ column: first.columnOf[k], weight: weight * first.weights[k] });
      }
    }
    return { entries, bias };
  });
}

/** The same map with every weight multiplied by a factor; the bias stays. */
export function scaleWeights(map: AffineMap, factor: number): AffineMap {
  return { ...map, weights: map.weights.map((weight) => weight * factor) };
}

/** W·x + b for one flattened input. */
export function applyAffine(map: AffineMap, input: Float64Array): Float64Array {
  return map.bias.map((constant, row) => {
    let sum = constant;
    for (let i = map.rowStarts[row]; i < map.rowStarts[row + 1]; i++) {
      sum += map.weights[i] * input[map.columnOf[i]];
    }
    return sum;
  });
}
