import type { NodeProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { Padding } from "../../model/layer.js";
import { intsOf, textOf } from "./attributes.js";
import { constantTensor } from "./constants.js";
import { describeNode, type OnnxGraph } from "./graph.js";
import { paddingOf } from "./padding.js";

/** A node that becomes a layer, with the nodes around it that belong to the same layer. */
export interface Step {
  readonly node: NodeProto;
  /** `Add` nodes behind a convolution or a linear layer: its bias. */
  readonly biases: NodeProto[];
  /** What a `Pad` node adds before an average pooling that counts its padding. */
  readonly poolPadding?: Padding;
}

function isDropped({ constants }: OnnxGraph, node: NodeProto): boolean {
  const trainingMode = constants.get(node.opType === "Dropout" ? (node.input[2] ?? "") : "");
  if (trainingMode && constantTensor(trainingMode, describeNode(node)).data[0] !== 0) {
    throw new InputError(`${describeNode(node)}: it drops values at random; export the model for inference`);
  }
  return node.opType === "Identity" || node.opType === "Dropout";
}

function isBias({ constants }: OnnxGraph, { opType, input }: NodeProto, before: Step | undefined): boolean {
  return (
    opType === "Add" &&
    input.some((name) => constants.has(name)) &&
    ["Conv", "Gemm", "MatMul"].includes(before?.node.opType ?? "")
  );
}

/** The module of a PyTorch model that made a node called `/scope/Op` or `/scope/Op_1`. */
function torchScope({ name, opType }: NodeProto): string | undefined {
  const [, scope, op] = /^(\/.*?)([^/]+?)(?:_\d+)?$/.exec(name) ?? [];
  return op === opType ? scope : undefined;
}

/** PyTorch's exporter writes one average pooling as `Pad` and `AveragePool`, even where it pads nothing. */
function poolPaddingOf(graph: OnnxGraph, pad: NodeProto, pool: NodeProto | undefined): Padding | undefined {
  const scope = torchScope(pad);
  if (pad.opType !== "Pad" || pool?.opType !== "AveragePool" || scope !== torchScope(pool)) return undefined;
  const padding = paddingOf(graph, pad);
  const [height, width] = intsOf(pool, "kernel_shape") ?? [0, 0];
  const isWithinHalf =
    Math.max(padding.top, padding.bottom) <= height / 2 && Math.max(padding.left, padding.right) <= width / 2;
  const padsItself =
    textOf(pool, "auto_pad", "NOTSET") !== "NOTSET" || intsOf(pool, "pads")?.some((p) => p !== 0);
  return scope !== undefined && isWithinHalf && !padsItself ? padding : undefined;
}

/** The layers that a graph's nodes make, in the file's order. */
export function stepsOf(graph: OnnxGraph): Step[] {
  const steps: Step[] = [];
  let poolPadding: Padding | undefined;
  graph.nodes.forEach((node, index) => {
    const before = steps.at(-1);
    if (isDropped(graph, node)) return;
    if (isBias(graph, node, before)) {
      before!.biases.push(node);
      return;
    }
    const padding = poolPaddingOf(graph, node, graph.nodes[index + 1]);
    if (!padding) steps.push({ node, biases: [], poolPadding });
    poolPadding = padding;
  });
  return steps;
}

/** What PyTorch calls the module: `/layer1/layer1.0/conv1/Conv` → `layer1.0.conv1`; other names stay as they are. */
function ownName(node: NodeProto): string {
  const scope = torchScope(node);
  if (scope === undefined) return node.name;
  const parts = scope.split("/").filter((part) => part !== "");
  return parts.reduce(
    (path, part) => (path === "" || part.startsWith(`${path}.`) ? part : `${path}.${part}`),
    "",
  );
}

/**
 * A name for each step: the node's own, or, where it has none or shares it, the prefix of its operator with a
 * running number: `conv1`, `square1`, `conv2`.
 */
export function nameSteps(steps: readonly Step[], prefixOf: (op: string) => string): string[] {
  const ownNames = steps.map(({ node }) => ownName(node));
  const taken = new Set(ownNames);
  const counts = new Map<string, number>();
  return steps.map(({ node }, index) => {
    const prefix = prefixOf(node.opType);
    let number = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, number);
    const own = ownNames[index];
    const isUsable = own !== "" && !/\p{Cc}/u.test(own) && ownNames.indexOf(own) === index;
    if (isUsable) return own;
    while (taken.has(`${prefix}${number}`)) number++;
    taken.add(`${prefix}${number}`);
    return `${prefix}${number}`;
  });
}
