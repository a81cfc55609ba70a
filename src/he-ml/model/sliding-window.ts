import { InputError } from "../errors.js";
import { formatShape } from "../tensor/tensor.js";
import { describeLayer, type LayerBase, type Padding, type Pair } from "./layer.js";

/** A kernel sliding over an image: what convolution and pooling share. */
export interface SlidingWindow {
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Padding;
  readonly dilation: Pair;
}

/**
 * Height and width of the output, by PyTorch's formula with `ceil_mode=False`:
 * ⌊(size + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.
 *
 * @see https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 * @throws InputError if the window does not fit into the padded image.
 */
export function outputSize(layer: LayerBase & SlidingWindow, [height, width]: Pair): Pair {
  const { padding, kernelSize, dilation, stride } = layer;
  const padded: Pair = [height + padding.top + padding.bottom, width + padding.left + padding.right];
  const span: Pair = [dilation[0] * (kernelSize[0] - 1) + 1, dilation[1] * (kernelSize[1] - 1) + 1];
  if (span[0] > padded[0] || span[1] > padded[1]) {
    throw new InputError(
      `${describeLayer(layer)}: its window of ${formatShape(span)} does not fit into the padded image of ` +
        `${formatShape(padded)}; give it a larger image, a smaller kernel or more padding`,
    );
  }
  return [
    Math.floor((padded[0] - span[0]) / stride[0]) + 1,
    Math.floor((padded[1] - span[1]) / stride[1]) + 1,
  ];
}

/** A position of the image under the kernel: where the kernel's cell lies and which pixel it meets. */
export interface Tap {
  readonly kernelRow: number;
  readonly kernelColumn: number;
  readonly row: number;
  readonly column: number;
}

/** The taps of output pixel (`outputRow`, `outputColumn`) that lie inside the image; padding has none. */
export function tapsAt(
  { kernelSize, stride, padding, dilation }: SlidingWindow,
  [height, width]: Pair,
  [outputRow, outputColumn]: Pair,
): Tap[] {
  const taps: Tap[] = [];
  for (let kernelRow = 0; kernelRow < kernelSize[0]; kernelRow++) {
    const row = outputRow * stride[0] - padding.top + kernelRow * dilation[0];
    if (row < 0 || row >= height) continue;
    for (let kernelColumn = 0; kernelColumn < kernelSize[1]; kernelColumn++) {
      const column = outputColumn * stride[1] - padding.left + kernelColumn * dilation[1];
      if (column < 0 || column >= width) continue;
      taps.push({ kernelRow, kernelColumn, row, column });
    }
  }
  return taps;
}
