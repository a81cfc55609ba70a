import { InputError } from "../he-ml/errors.js";
import { formatShape, sizeOf } from "../he-ml/tensor/tensor.js";
import type { Dataset } from "./dataset.js";
import { randomInteger, shuffledIndices, type Random } from "./random.js";

/** A few labelled images in the order in which tfjs wants them. */
export interface Batch {
  readonly count: number;
  /** `[count, …shape]`, as a model takes them. With one channel, NHWC and NCHW hold the same sequence. */
  readonly values: Float32Array;
  /** `[count]` */
  readonly labels: Int32Array;
}

export interface BatchOptions {
  readonly batchSize: number;
  /** Each image moves by a random whole number of pixels, at most this, along each axis; zeros come in. */
  readonly maxShift: number;
  readonly random: Random;
}

/**
 * One epoch: every image once, in random order, in batches; the last may be smaller.
 *
 * @throws InputError if images are to move, but have no rows and columns.
 * @example for (const batch of epochBatches(training, { batchSize: 64, maxShift: 1, random })) step(batch);
 */
export function* epochBatches(
  dataset: Dataset,
  { batchSize, maxShift, random }: BatchOptions,
): Generator<Batch> {
  const { count, shape, values, divisor } = dataset.images;
  if (maxShift > 0 && shape.length !== 3) {
    throw new InputError(
      `train maxShift: dataset ${dataset.name} holds ${formatShape(shape)}, which cannot be moved; expected 0, got ${maxShift}`,
    );
  }
  const columns = shape.at(-1)!;
  const size = sizeOf(shape);
  const order = shuffledIndices(count, random);
  for (let start = 0; start < count; start += batchSize) {
    const chosen = order.subarray(start, start + batchSize);
    const batch = new Float32Array(chosen.length * size);
    chosen.forEach((index, position) => {
      copyShifted(
        values.subarray(index * size, (index + 1) * size),
        batch.subarray(position * size, (position + 1) * size),
        columns,
        randomInteger(random, -maxShift, maxShift),
        randomInteger(random, -maxShift, maxShift),
      );
    });
    const labels = Int32Array.from(chosen, (index) => dataset.labels[index]);
    for (let i = 0; i < batch.length; i++) batch[i] /= divisor;
    yield { count: chosen.length, values: batch, labels };
  }
}

/** Writes an image into `target`, moved down by `down` and right by `right` pixels; what leaves it is lost. */
function copyShifted(
  image: Uint8Array | Float64Array,
  target: Float32Array,
  columns: number,
  down: number,
  right: number,
): void {
  const rows = image.length / columns;
  for (let row = Math.max(0, down); row < Math.min(rows, rows + down); row++) {
    for (let column = Math.max(0, right); column < Math.min(columns, columns + right); column++) {
      target[row * columns + column] = image[(row - down) * columns + column - right];
    }
  }
}
