import { sizeOf, zeros, type Tensor } from "./tensor.js";

/**
 * The tensor with its axes in another order: axis `i` of the result is axis `order[i]` of the source.
 *
 * @example transpose(tensor([2, 3], values), [1, 0]) // 3×2
 */
export function transpose({ shape, data }: Tensor, order: readonly number[]): Tensor {
  const result = zeros(order.map((axis) => shape[axis]));
  const steps = order.map((axis) => sizeOf(shape.slice(axis + 1)));
  const position = order.map(() => 0);
  let source = 0;
  for (let index = 0; index < data.length; index++) {
    result.data[index] = data[source];
    for (let axis = order.length - 1; axis >= 0; axis--) {
      source += steps[axis];
      if (++position[axis] < result.shape[axis]) break;
      source -= position[axis] * steps[axis];
      position[axis] = 0;
    }
  }
  return result;
}
