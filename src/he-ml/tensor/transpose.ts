import { sizeOf, zeros, type Tensor } from "./tensor.js";

/**
 * The tensor with its axes in another order: axis `i` of the result is axis `order[i]` of the source.
 *
 * @example transpose(tensor([2, 3], values), [1, 0]) // 3×2
 */
export function transpose({ shape, data }: Tensor, order: readonly number[]): Tensor {
  const steps = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const axes = order.map((axis) => ({ size: shape[axis], step: steps[axis] })).reverse();
  const result = zeros(order.map((axis) => shape[axis]));
  for (let index = 0; index < data.length; index++) {
    let [rest, source] = [index, 0];
    for (const { size, step } of axes) {
      source += (rest % size) * step;
      rest = Math.floor(rest / size);
    }
    result.data[index] = data[source];
  }
  return result;
}
