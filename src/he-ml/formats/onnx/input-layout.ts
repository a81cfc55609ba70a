import type { NodeProto } from "onnx-buf";
import { intsOf } from "./attributes.js";
import { constantOf, constantTensor } from "./constants.js";
import { describeNode } from "./describe-node.js";
import { imageValues } from "./image-values.js";
import type { OnnxGraph } from "./graph.js";
import { channelsLast, oneRow, ownLayout, type Layout } from "../layout.js";

/** Operators to which the order of the axes matters. */
const decisive = new Set(
  "Transpose Reshape Conv ConvTranspose AveragePool GlobalAveragePool MaxPool BatchNormalization Flatten".split(
    " ",
  ),
);

/** Of images: more channels than that may be meant by an axis of fewer. */
const smallestSide = 5;

/** Operators to which the input has channels, and one or two more axes. */
const windowed = new Set("Conv ConvTranspose AveragePool MaxPool".split(" "));

/** The shape that a `Reshape` asks for, if it is a constant of the file. */
function targetOf(node: NodeProto, { initializers, nodes }: OnnxGraph): number[] {
  const name = node.input[1] ?? "";
  const maker = nodes.find(({ opType, output }) => opType === "Constant" && output[0] === name);
  const proto = maker ? constantOf(maker) : initializers.get(name);
  return proto ? [...constantTensor(proto, describeNode(node)).data] : [];
}

/** The first node that orders the axes of what comes from the input. */
function firstDecisive({ nodes, input: image }: OnnxGraph): NodeProto | undefined {
  const names = imageValues(nodes, image);
  return nodes.find(({ opType, input }) => decisive.has(opType) && names.has(input[0] ?? ""));
}

/**
 * How the graph orders the axes of its input. One made by TensorFlow takes images with the channels last, and turns
 * them with a transposition before the first convolution; one channel needs only another shape. Images of one dimension
 * are one row high for us.
 */
export function inputLayout(graph: OnnxGraph): Layout {
  const { inputShape, producer } = graph;
  const first = firstDecisive(graph);
  if (inputShape.length === 2 && windowed.has(first?.opType ?? "")) return oneRow(inputShape);
  if (inputShape.length !== 3 || !first) return ownLayout(inputShape);
  const [height, width, channels] = inputShape;
  const turns =
    // Of one channel, whose values stand in the same order; our own files have it first.
    (first.opType === "Flatten" &&
      channels === 1 &&
      Math.min(height, width) >= smallestSide &&
      producer !== "he-ml") ||
    (first.opType === "Transpose" && intsOf(first, "perm")?.join() === "0,3,1,2") ||
    (first.opType === "Reshape" &&
      channels === 1 &&
      targetOf(first, graph).slice(1).join() === [1, height, width].join());
  return turns ? channelsLast(inputShape) : ownLayout(inputShape);
}
