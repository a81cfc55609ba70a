import type { NodeProto } from "onnx-buf";
import { intsOf } from "./attributes.js";
import { constantOf, constantTensor } from "./constants.js";
import { describeNode, type OnnxGraph } from "./graph.js";
import { channelsLast, ownLayout, type Layout } from "../layout.js";

/** Operators to which the order of the axes matters. */
const decisive = new Set(
  "Transpose Reshape Conv AveragePool GlobalAveragePool MaxPool BatchNormalization Flatten".split(" "),
);

/** The shape that a `Reshape` asks for, if it is a constant of the file. */
function targetOf(node: NodeProto, { initializers, nodes }: OnnxGraph): number[] {
  const name = node.input[1] ?? "";
  const maker = nodes.find(({ opType, output }) => opType === "Constant" && output[0] === name);
  const proto = maker ? constantOf(maker) : initializers.get(name);
  return proto ? [...constantTensor(proto, describeNode(node)).data] : [];
}

/**
 * How the graph orders the axes of its input. One made by TensorFlow takes images with the channels last, and turns
 * them with a transposition before the first convolution; one channel needs only another shape.
 */
export function inputLayout(graph: OnnxGraph): Layout {
  const { inputShape, nodes } = graph;
  const first = nodes.find(({ opType }) => decisive.has(opType));
  if (inputShape.length !== 3 || !first) return ownLayout(inputShape);
  const [height, width, channels] = inputShape;
  const turns =
    (first.opType === "Transpose" && intsOf(first, "perm")?.join() === "0,3,1,2") ||
    (first.opType === "Reshape" &&
      channels === 1 &&
      targetOf(first, graph).slice(1).join() === [1, height, width].join());
  return turns ? channelsLast(inputShape) : ownLayout(inputShape);
}
