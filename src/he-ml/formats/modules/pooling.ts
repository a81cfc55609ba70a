import { InputError } from "../../errors.js";
import { averagePoolLayer } from "../../model/average-pool.js";
import { convolutionalLayer } from "../../model/convolutional.js";
import { requireImageShape, type Pair } from "../../model/layer.js";
import { maxPoolLayer } from "../../model/max-pool.js";
import type { NetworkLayer } from "../../model/model.js";
import type { Shape } from "../../tensor/tensor.js";
import type { ModuleOf } from "../description.js";
import type { Dimensions } from "./draft.js";
import { describeModule } from "./weights.js";

type Sizes = number | Pair;

/** A pooling module's window along both axes; images of 1-d modules are one row high. */
interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
}

interface PoolArguments {
  readonly kernel_size: Sizes;
  readonly stride?: Sizes | null;
  readonly padding?: Sizes;
  readonly dilation?: Sizes;
}

/** Both axes of an argument of a module for images of this many dimensions. */
export function axesOf(dimensions: Dimensions, value: Sizes, neutral: number): Pair {
  if (typeof value !== "number") return value;
  return dimensions === 1 ? [neutral, value] : [value, value];
}

function windowOf(dimensions: Dimensions, module: PoolArguments): Window {
  return {
    kernel: axesOf(dimensions, module.kernel_size, 1),
    stride: axesOf(dimensions, module.stride ?? module.kernel_size, 1),
    padding: axesOf(dimensions, module.padding ?? 0, 0),
    dilation: axesOf(dimensions, module.dilation ?? 1, 1),
  };
}

/**
 * By how much the last window of `ceil_mode=True` reaches beyond the padded image: as far as it must to see the last
 * pixels, but a window that would start in the padding behind the image is left out.
 *
 * @see https://docs.pytorch.org/docs/2.13/generated/torch.nn.AvgPool2d.html
 */
function overhang(window: Window, size: Pair): Pair {
  const along = (axis: 0 | 1) => {
    const padding = window.padding[axis];
    const [padded, stride] = [size[axis] + 2 * padding, window.stride[axis]];
    const span = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
    let last = Math.ceil((padded - span) / stride) * stride;
    if (last >= size[axis] + padding) last -= stride;
    return Math.max(0, last + span - padded);
  };
  return [along(0), along(1)];
}

function sidesOf({ padding: [rows, columns] }: Window, [below, right]: Pair) {
  return { top: rows, bottom: rows + below, left: columns, right: columns + right };
}

export function averagePoolOf(
  module: ModuleOf<"AvgPool1d"> | ModuleOf<"AvgPool2d">,
  inputShape: Shape,
): NetworkLayer {
  const { name } = module;
  const window = windowOf(module.type === "AvgPool1d" ? 1 : 2, module);
  const [channels, height, width] = requireImageShape({ kind: "averagePool", name }, inputShape);
  const over = module.ceil_mode ? overhang(window, [height, width]) : ([0, 0] as const);
  const padding = sidesOf(window, over);
  const { kernel, stride } = window;
  if ("divisor_override" in module && module.divisor_override) {
    const shape = [channels, 1, ...kernel];
    const data = new Float64Array(channels * kernel[0] * kernel[1]).fill(1 / module.divisor_override);
    return convolutionalLayer({ name, weights: { shape, data }, groups: channels, stride, padding });
  }
  const reachesOut = over.some((pixels) => pixels > 0);
  const countsPadding = module.count_include_pad && window.padding.some((pixels) => pixels > 0);
  const isWide = reachesOut && (padding.bottom > kernel[0] / 2 || padding.right > kernel[1] / 2);
  if ((reachesOut && countsPadding) || isWide) {
    throw new InputError(
      `${describeModule(module)}: ceil_mode=True makes its last windows reach beyond the image of ` +
        `${height}×${width}${isWide ? " by more than half" : ", and count_include_pad weighs them unlike the others"}; ` +
        `use ceil_mode=False, or pad the images so that the windows fit`,
    );
  }
  // A window counts the padding in it, but never what ceil_mode adds: without padding, none counts anything.
  const countIncludePad = module.count_include_pad && !reachesOut;
  return averagePoolLayer({ name, kernelSize: kernel, stride, padding, countIncludePad });
}

export function maxPoolOf(
  module: ModuleOf<"MaxPool1d"> | ModuleOf<"MaxPool2d">,
  inputShape: Shape,
): NetworkLayer {
  const { name } = module;
  if (module.return_indices) {
    throw new InputError(
      `${describeModule(module)}: expected return_indices=False, got True; use the values alone`,
    );
  }
  const window = windowOf(module.type === "MaxPool1d" ? 1 : 2, module);
  const [, height, width] = requireImageShape({ kind: "maxPool", name }, inputShape);
  const over = module.ceil_mode ? overhang(window, [height, width]) : ([0, 0] as const);
  const { kernel, stride, dilation } = window;
  return maxPoolLayer({ name, kernelSize: kernel, stride, dilation, padding: sidesOf(window, over) });
}

/**
 * Along one axis: window i takes the pixels from ⌊i·n/k⌋ to ⌈(i + 1)·n/k⌉ − 1. Windows of one size at one distance are an
 * average pooling; undefined for others.
 *
 * @see https://github.com/pytorch/pytorch/blob/v2.13.0/aten/src/ATen/native/AdaptivePooling.h
 */
function adaptiveWindow(pixels: number, windows: number): { kernel: number; stride: number } | undefined {
  const startOf = (i: number) => Math.floor((i * pixels) / windows);
  const kernelOf = (i: number) => Math.ceil(((i + 1) * pixels) / windows) - startOf(i);
  const [kernel, stride] = [kernelOf(0), windows > 1 ? startOf(1) : kernelOf(0)];
  for (let i = 0; i < windows; i++) {
    if (startOf(i) !== i * stride || kernelOf(i) !== kernel) return undefined;
  }
  return stride > 0 ? { kernel, stride } : undefined;
}

export function adaptiveAveragePoolOf(
  module: ModuleOf<"AdaptiveAvgPool1d"> | ModuleOf<"AdaptiveAvgPool2d">,
  inputShape: Shape,
): NetworkLayer {
  const { name, output_size } = module;
  const given = typeof output_size === "number" ? [output_size] : output_size;
  const [, height, width] = requireImageShape({ kind: "averagePool", name }, inputShape);
  const dimensions = module.type === "AdaptiveAvgPool1d" ? 1 : 2;
  const rows = dimensions === 1 ? 1 : (given[0] ?? height);
  const columns = given.length === 1 && dimensions === 2 ? rows : (given.at(-1) ?? width);
  const [down, right] = [adaptiveWindow(height, rows), adaptiveWindow(width, columns)];
  if (!down || !right) {
    throw new InputError(
      `${describeModule(module)}: output_size ${JSON.stringify(output_size)} makes windows of different sizes of an ` +
        `image of ${height}×${width}; choose one that divides the image's, or use AvgPool${dimensions}d`,
    );
  }
  const kernelSize: Pair = [down.kernel, right.kernel];
  return averagePoolLayer({ name, kernelSize, stride: [down.stride, right.stride] });
}
