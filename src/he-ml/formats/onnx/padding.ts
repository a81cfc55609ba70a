import { InputError } from "../../errors.js";
import type { Padding } from "../../model/layer.js";
import { floatOf, intsOf, textOf, toSize } from "./attributes.js";
import { optionalConstant, type Context } from "./context.js";
import { describeNode } from "./describe-node.js";
import type { Layout } from "../layout.js";

/**
 * The zeros that a `Pad` node puts around images.
 *
 * @param layout of the images
 * @throws InputError if it pads with anything else, or other axes.
 */
export function paddingOf(context: Context, layout: Layout): Padding {
  const { node } = context;
  const what = describeNode(node);
  const numbersAt = (index: number) => optionalConstant(context, index)?.data;
  const mode = textOf(node, "mode", "constant");
  const value = numbersAt(2)?.[0] ?? floatOf(node, "value", 0);
  if (mode !== "constant" || value !== 0) {
    throw new InputError(
      `${what}: expected padding with zeros, got ${mode === "constant" ? value : JSON.stringify(mode)}; ` +
        `pad with zeros`,
    );
  }
  const pads = [...(numbersAt(1) ?? intsOf(node, "pads") ?? [])].map((size) => toSize(size, what));
  const axes = [...(numbersAt(3) ?? [0, 1, 2, 3])].map((axis) => (axis < 0 ? axis + 4 : axis));
  /** What is added to our axis; the batch is axis -1 */
  const at = (ours: number, side: 0 | 1) => {
    const index = axes.indexOf(ours < 0 ? 0 : layout.order.indexOf(ours) + 1);
    return index < 0 ? 0 : pads[index + side * axes.length];
  };
  const otherAxes = [at(-1, 0), at(-1, 1), at(0, 0), at(0, 1)];
  const isImage = !layout.isFlat && layout.shape.length === 3;
  if (!isImage || pads.length !== 2 * axes.length || otherAxes.some((size) => size !== 0)) {
    throw new InputError(
      `${what}: expected zeros around the height and the width of images, got pads [${pads.join(", ")}] ` +
        `of axes [${axes.join(", ")}]`,
    );
  }
  return { top: at(1, 0), bottom: at(1, 1), left: at(2, 0), right: at(2, 1) };
}
