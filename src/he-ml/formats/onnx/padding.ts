import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { Padding } from "../../model/layer.js";
import { floatOf, intsOf, textOf, toSize } from "./attributes.js";
import { constantTensor } from "./constants.js";
import { describeNode, type OnnxGraph } from "./graph.js";

/** A constant that the node takes as its input `index`, or undefined where it takes none. */
function numbersAt({ constants }: OnnxGraph, node: NodeProto, index: number): number[] | undefined {
  const name = node.input[index];
  if (!name) return undefined;
  const constant = constants.get(name);
  if (!constant) {
    throw new InputError(`${describeNode(node)}: expected ${JSON.stringify(name)} to be a constant`);
  }
  return [...constantTensor(constant, describeNode(node)).data];
}

/**
 * The zeros that a `Pad` node puts around images `[n, channels, height, width]`.
 *
 * @throws InputError if it pads with anything else, or other axes.
 */
export function paddingOf(graph: OnnxGraph, node: NodeProto): Padding {
  const what = describeNode(node);
  const mode = textOf(node, "mode", "constant");
  const value = numbersAt(graph, node, 2)?.[0] ?? floatOf(node, "value", 0);
  if (mode !== "constant" || value !== 0) {
    throw new InputError(
      `${what}: expected padding with zeros, got ${mode === "constant" ? value : JSON.stringify(mode)}; ` +
        `pad with zeros`,
    );
  }
  const pads = (numbersAt(graph, node, 1) ?? intsOf(node, "pads") ?? []).map((pad) => toSize(pad, what));
  const axes = numbersAt(graph, node, 3)?.map((axis) => (axis < 0 ? axis + 4 : axis)) ?? [0, 1, 2, 3];
  const at = (axis: number, side: 0 | 1) => {
    const index = axes.indexOf(axis);
    return index < 0 ? 0 : pads[index + side * axes.length];
  };
  const otherAxes = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)];
  if (pads.length !== 2 * axes.length || otherAxes.some((pad) => pad !== 0)) {
    throw new InputError(
      `${what}: expected zeros around the height and the width of images, got pads [${pads.join(", ")}] ` +
        `of axes [${axes.join(", ")}]`,
    );
  }
  return { top: at(2, 0), bottom: at(2, 1), left: at(3, 0), right: at(3, 1) };
}
