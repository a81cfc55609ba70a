import type { Padding, Pair } from "../model/layer.js";
import type { SlidingWindow } from "../model/sliding-window.js";

/**
 * The padding that makes ⌈size / stride⌉ pixels of each axis, which TensorFlow and ONNX call "same".
 *
 * @param oddAtEnd whether the odd pixel goes behind the image, as in TensorFlow, or before it
 */
export function samePadding(
  { kernelSize, stride, dilation }: Omit<SlidingWindow, "padding">,
  imageSize: Pair,
  oddAtEnd = true,
): Padding {
  const along = (axis: 0 | 1) => {
    const span = dilation[axis] * (kernelSize[axis] - 1) + 1;
    const steps = Math.ceil(imageSize[axis] / stride[axis]) - 1;
    const total = Math.max(0, steps * stride[axis] + span - imageSize[axis]);
    const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
    return oddAtEnd ? [less, more] : [more, less];
  };
  const [[top, bottom], [left, right]] = [along(0), along(1)];
  return { top, bottom, left, right };
}
