import { clone } from "@bufbuild/protobuf";
import { NodeProtoSchema, type NodeProto } from "onnx-buf";
import { floatOf } from "./attributes.js";
import { moduleOf } from "./names.js";
import { isStandard } from "./unsupported.js";

/** ONNX's operator of the activation x · gate(x); undefined where it is none that is known. */
function productWith(gate: NodeProto | undefined): string | undefined {
  if (!gate || !isStandard(gate)) return undefined;
  if (gate.opType === "Sigmoid" && gate.attribute.length === 0) return "Swish";
  const near = (name: string, usual: number, fallback: number) =>
    Math.abs(floatOf(gate, name, fallback) - usual) < 1e-6;
  const isHard = gate.opType === "HardSigmoid" && near("alpha", 1 / 6, 0.2) && near("beta", 0.5, 0.5);
  return isHard ? "HardSwish" : undefined;
}

/** Puts one node in the place of two that are SiLU or Hardswish: a gate, and the product of it and its input. */
export function withActivationsComposed(nodes: readonly NodeProto[]): NodeProto[] {
  const makers = new Map(nodes.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const readers = new Map<string, number>();
  for (const name of nodes.flatMap(({ input }) => input)) readers.set(name, (readers.get(name) ?? 0) + 1);
  const gates = new Set<NodeProto>();
  const composed = nodes.map((node) => {
    if (node.opType !== "Mul" || !isStandard(node) || node.input.length !== 2) return node;
    for (const [input, gated] of [node.input, node.input.toReversed()]) {
      const gate = makers.get(gated);
      const opType = productWith(gate);
      if (gate?.input[0] !== input || !opType || readers.get(gated) !== 1) continue;
      gates.add(gate);
      const name = moduleOf(node) ?? node.name;
      return Object.assign(clone(NodeProtoSchema, node), { opType, name, input: [input] });
    }
    return node;
  });
  return composed.filter((node) => !gates.has(node));
}
