import { sizeOf, zeros, type Shape, type Tensor } from "../tensor/tensor.js";

/**
 * How one output value of a linear layer is made: (bias + Σ weight · input) / divisor, over its terms. A row is written over
 * when the next one is asked for.
 */
export class Row {
  /** How many terms there are. */
  length = 0;
  /** Row-major positions in the input, in the order in which the terms are added up. */
  readonly inputs: Int32Array;
  /** The terms' weights. */
  weights: Float64Array;
  bias = 0;
  /** What the sum is divided by: the pixels under an average pool's window. */
  divisor = 1;

  /** @param capacity the most terms that a row of the layer has */
  constructor(capacity: number) {
    this.inputs = new Int32Array(capacity);
    this.weights = new Float64Array(capacity);
  }

  add(input: number, weight: number): void {
    this.inputs[this.length] = input;
    this.weights[this.length++] = weight;
  }
}

/** The rows of a linear layer for inputs of one shape, by the row-major position of the output. */
export type Rows = (output: number) => Row;

/** Images that are gone through together, so that a row is stated once for all of them and their values stay in cache. */
const imagesTogether = 32;

/**
 * Applies rows to a batch: `[n, …]` → `[n, …outputShape]`.
 *
 * @param batch whose images have the shape that the rows are for
 */
export function applyRows(rows: Rows, batch: Tensor, outputShape: Shape): Tensor {
  const [count] = batch.shape;
  const output = zeros([count, ...outputShape]);
  const [inputSize, outputSize] = [sizeOf(batch.shape.slice(1)), sizeOf(outputShape)];
  for (let first = 0; first < count; first += imagesTogether) {
    const end = Math.min(first + imagesTogether, count);
    for (let position = 0; position < outputSize; position++) {
      const row = rows(position);
      let image = first;
      for (; image + 4 <= end; image += 4) {
        applyToFour(
          row,
          batch.data,
          image * inputSize,
          inputSize,
          output.data,
          image * outputSize + position,
          outputSize,
        );
      }
      for (; image < end; image++) {
        output.data[image * outputSize + position] = applyToOne(row, batch.data, image * inputSize);
      }
    }
  }
  return output;
}

function applyToOne(
  { length, inputs, weights, bias, divisor }: Row,
  data: Float64Array,
  start: number,
): number {
  let sum = bias;
  for (let i = 0; i < length; i++) sum += weights[i] * data[start + inputs[i]];
  return sum / divisor;
}

/** Four images at once: a term is read once for all of them. */
function applyToFour(
  { length, inputs, weights, bias, divisor }: Row,
  data: Float64Array,
  start: number,
  inputSize: number,
  output: Float64Array,
  to: number,
  outputSize: number,
): void {
  const [second, third, fourth] = [start + inputSize, start + 2 * inputSize, start + 3 * inputSize];
  let [a, b, c, d] = [bias, bias, bias, bias];
  for (let i = 0; i < length; i++) {
    const weight = weights[i];
    const input = inputs[i];
    a += weight * data[start + input];
    b += weight * data[second + input];
    c += weight * data[third + input];
    d += weight * data[fourth + input];
  }
  output[to] = a / divisor;
  output[to + outputSize] = b / divisor;
  output[to + 2 * outputSize] = c / divisor;
  output[to + 3 * outputSize] = d / divisor;
}
