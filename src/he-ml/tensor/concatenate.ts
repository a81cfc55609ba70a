import { sizeOf, type Tensor } from "./tensor.js";

/** Batches of images of one shape, one after the other, as one batch. */
export function concatenate(batches: readonly Tensor[]): Tensor {
  if (batches.length === 1) return batches[0];
  const [, ...shape] = batches[0].shape;
  const count = batches.reduce((sum, batch) => sum + batch.shape[0], 0);
  const data = new Float64Array(count * sizeOf(shape));
  let at = 0;
  for (const batch of batches) {
    data.set(batch.data, at);
    at += batch.data.length;
  }
  return { shape: [count, ...shape], data };
}
