import { InputError } from "../errors.js";
import { formatShape } from "../tensor/tensor.js";
import { describeLayer, isPadded, type LayerBase, type Padding, type Pair } from "./layer.js";

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

/** What a kernel meets at one output pixel; padding is left out. It is written over for the next pixel. */
export interface Taps {
  length: number;
  /** Row-major positions in the kernel, ascending. */
  readonly cells: Int32Array;
  /** The row-major positions in the image that these meet. */
  readonly pixels: Int32Array;
}

/** The taps of an output pixel by its row-major position. */
export function slidingTaps(
  layer: LayerBase & SlidingWindow,
  imageSize: Pair,
): (outputPixel: number) => Taps {
  const { kernelSize, stride, padding, dilation } = layer;
  const [height, width] = imageSize;
  const [, outputWidth] = outputSize(layer, imageSize);
  const cellCount = kernelSize[0] * kernelSize[1];
  const taps: Taps = { length: 0, cells: new Int32Array(cellCount), pixels: new Int32Array(cellCount) };
  return (outputPixel) => {
    const top = Math.floor(outputPixel / outputWidth) * stride[0] - padding.top;
    const left = (outputPixel % outputWidth) * stride[1] - padding.left;
    taps.length = 0;
    for (let cellRow = 0; cellRow < kernelSize[0]; cellRow++) {
      const row = top + cellRow * dilation[0];
      if (row < 0 || row >= height) continue;
      for (let cellColumn = 0; cellColumn < kernelSize[1]; cellColumn++) {
        const column = left + cellColumn * dilation[1];
        if (column < 0 || column >= width) continue;
        taps.cells[taps.length] = cellRow * kernelSize[1] + cellColumn;
        taps.pixels[taps.length++] = row * width + column;
      }
    }
    return taps;
  };
}

const pairText = (pair: Pair) => (pair[0] === pair[1] ? String(pair[0]) : formatShape(pair));

/** Padding in words: `1`, `1×2`, or each side by its name. */
export function paddingText({ top, bottom, left, right }: Padding): string {
  if (top === bottom && left === right) return pairText([top, left]);
  return `top ${top}, bottom ${bottom}, left ${left}, right ${right}`;
}

/** A window in words, behind a noun: ` 5×5, stride 1, padding 2, 4 groups, dilation 2`. */
export function windowText(window: SlidingWindow, groups = 1): string {
  const { kernelSize, stride, dilation } = window;
  return [
    ` ${formatShape(kernelSize)}`,
    `stride ${pairText(stride)}`,
    ...(isPadded(window) ? [`padding ${paddingText(window.padding)}`] : []),
    ...(groups > 1 ? [`${groups} groups`] : []),
    ...(dilation.every((step) => step === 1) ? [] : [`dilation ${pairText(dilation)}`]),
  ].join(", ");
}

/** A window in few words, where its stride is said only if it is unusual: `5×5 stride 2×2`. */
export function briefWindow({ kernelSize, stride }: SlidingWindow, usualStride: Pair): string {
  const isUsual = stride.every((step, axis) => step === usualStride[axis]);
  return `${kernelSize.join("×")}${isUsual ? "" : ` stride ${stride.join("×")}`}`;
}
