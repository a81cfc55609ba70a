import { InputError } from "../../errors.js";
import type { Padding } from "../../model/layer.js";
import { formatShape, sizeOf } from "../../tensor/tensor.js";
import { fileShape, type Layout } from "../layout.js";
import { floatOf, intsOf, textOf, toSize } from "./attributes.js";
import type { ImageValue } from "./chain.js";
import { optionalConstant, type Context } from "./context.js";
import { describeNode } from "./describe-node.js";
import { axisOf } from "./fold-inputs.js";
import { appendSums } from "./linear-maps.js";

/** What a `Pad` node puts around images, by the file's axes behind the batch; fewer than none cuts off. */
export interface PadRequest {
  readonly mode: string;
  /** What `constant` pads with. */
  readonly value: number;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** The modes, by where a position outside of an axis takes its value from. */
const modes: Readonly<Record<string, (at: number, size: number) => number>> = {
  constant: (at) => at,
  edge: (at, size) => Math.min(Math.max(at, 0), size - 1),
  reflect: (at, size) => {
    const period = Math.max(1, 2 * (size - 1));
    const within = ((at % period) + period) % period;
    return Math.min(within, period - within);
  },
  wrap: (at, size) => ((at % size) + size) % size,
};

/**
 * What a `Pad` node asks for.
 *
 * @param layout of the images
 * @throws InputError if it pads the batch, or in an unknown way
 */
export function padRequestOf(context: Context, layout: Layout): PadRequest {
  const { node } = context;
  const what = describeNode(node);
  const numbersAt = (index: number) => optionalConstant(context, index)?.data;
  const sizes = fileShape(layout);
  const rank = sizes.length + 1;
  const mode = textOf(node, "mode", "constant");
  const value = numbersAt(2)?.[0] ?? floatOf(node, "value", 0);
  const pads = [...(numbersAt(1) ?? intsOf(node, "pads") ?? [])].map((size) => toSize(size, what));
  const given = [...(numbersAt(3) ?? Array.from({ length: rank }, (_, axis) => axis))];
  const axes = given.map((axis) => axisOf(node, axis, rank));
  const at = (axis: number, side: 0 | 1) => {
    const index = axes.indexOf(axis);
    return index < 0 ? 0 : pads[index + side * axes.length];
  };
  if (!Object.hasOwn(modes, mode) || pads.length !== 2 * axes.length || at(0, 0) !== 0 || at(0, 1) !== 0) {
    throw new InputError(
      `${what}: expected to pad axes behind the batch by constant, edge, reflect or wrap, got ${JSON.stringify(mode)}, ` +
        `pads [${pads.join(", ")}] of axes [${given.join(", ")}]`,
    );
  }
  return {
    mode,
    value,
    before: sizes.map((_, axis) => at(axis + 1, 0)),
    after: sizes.map((_, axis) => at(axis + 1, 1)),
  };
}

/** Zeros around the height and the width of images, which is what our own layer pads; undefined for anything else. */
export function zeroPaddingOf(
  { mode, value, before, after }: PadRequest,
  layout: Layout,
): Padding | undefined {
  const isImage = !layout.isFlat && layout.shape.length === 3 && layout.order.length === 3;
  const [channel, row, column] = [0, 1, 2].map((ours) => layout.order.indexOf(ours));
  const isOnlyAround = before[channel] === 0 && after[channel] === 0;
  const isCropped = [...before, ...after].some((size) => size < 0);
  if (!isImage || !isOnlyAround || isCropped || mode !== "constant" || value !== 0) return undefined;
  return { top: before[row], bottom: after[row], left: before[column], right: after[column] };
}

/** Any other padding, as a map of values. */
export function appendPadding(
  context: Context,
  image: ImageValue,
  { mode, value, before, after }: PadRequest,
): ImageValue {
  const from = fileShape(image.layout);
  const to = from.map((size, axis) => size + before[axis] + after[axis]);
  if (to.some((size) => size < 1)) {
    throw new InputError(
      `${describeNode(context.node)}: expected to leave at least one value, got [${to.join(", ")}] of ${formatShape(from)}`,
    );
  }
  const steps = from.map((_, axis) => sizeOf(from.slice(axis + 1)));
  return appendSums(context, image, to, (output) => {
    let [rest, input, isInside] = [output, 0, true];
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const at = modes[mode]((rest % to[axis]) - before[axis], from[axis]);
      rest = Math.floor(rest / to[axis]);
      isInside &&= at >= 0 && at < from[axis];
      input += at * steps[axis];
    }
    return isInside ? { inputs: [input] } : { inputs: [], bias: value };
  });
}
