import { clone, create } from "@bufbuild/protobuf";
import {
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  type NodeProto,
} from "onnx-buf";
import { intAttribute } from "./messages.js";
import { isStandard } from "./unsupported.js";

/** The names of the values that depend on the image, of nodes that stand behind those whose values they take. */
export function imageValues(nodes: readonly NodeProto[], image: string): ReadonlySet<string> {
  const names = new Set([image]);
  for (const { opType, input, output } of nodes) {
    if (opType !== "Shape" && input.some((name) => names.has(name)))
      for (const name of output) names.add(name);
  }
  return names;
}

/** Casts to the type of what comes from the image become casts to float: they take its type, and none of its values. */
export function withCastsToFloat(nodes: readonly NodeProto[], image: string): NodeProto[] {
  const names = imageValues(nodes, image);
  return nodes.map((node) => {
    if (node.opType !== "CastLike" || !isStandard(node) || !names.has(node.input[1] ?? "")) return node;
    return Object.assign(clone(NodeProtoSchema, node), {
      opType: "Cast",
      input: [node.input[0]],
      attribute: [create(AttributeProtoSchema, intAttribute("to", DataType.FLOAT))],
    });
  });
}
