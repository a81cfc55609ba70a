import type { GraphProto, NodeProto, ValueInfoProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { Shape } from "../../tensor/tensor.js";
import { decodeModel } from "./decode.js";
import { includeExternalData, type ExternalData } from "./external-data.js";
import type { TensorProto } from "onnx-buf";

/** The parts of an ONNX file that matter here. */
export interface OnnxGraph {
  readonly name: string;
  /** The program that wrote the file: `pytorch`, `tf2onnx`. */
  readonly producer: string;
  readonly input: string;
  readonly output: string;
  /** Of one image, without the batch axis, in the file's order. */
  readonly inputShape: Shape;
  /** The batch axis, where the file fixes it. */
  readonly batchSize?: number;
  /** The nodes that the output needs, in the file's order. */
  readonly nodes: readonly NodeProto[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
}

const oldestOpset = 7;

function shapeOf(input: ValueInfoProto, what: string): Pick<OnnxGraph, "inputShape" | "batchSize"> {
  const type = input.type?.value;
  const axes = type?.case === "tensorType" ? type.value.shape?.dim : undefined;
  const sizes = axes?.map(({ value }) => (value.case === "dimValue" ? Number(value.value) : undefined)) ?? [];
  const [batchSize, ...inputShape] = sizes;
  if (inputShape.length === 0 || !inputShape.every((size) => size !== undefined && size > 0)) {
    const got = sizes.map((size) => size ?? "?").join(", ");
    throw new InputError(
      `${what}: expected an input of fixed shape [batch, channels, height, width] or [batch, features], ` +
        `got [${got}]; only the batch axis may be left open when the model is exported`,
    );
  }
  return { inputShape: inputShape as Shape, batchSize: batchSize && batchSize > 0 ? batchSize : undefined };
}

/** The nodes without those that the output does not depend on. */
function neededNodes({ node: nodes }: GraphProto, output: string): NodeProto[] {
  const needed = new Set([output]);
  const isNeeded = nodes.toReversed().map((node) => {
    if (!node.output.some((name) => needed.has(name))) return false;
    for (const name of node.input) needed.add(name);
    return true;
  });
  return nodes.filter((_, i) => isNeeded[nodes.length - 1 - i]);
}

/**
 * Decodes an ONNX file.
 *
 * @throws InputError if the bytes are no ONNX file, or the graph has not one input of known shape and one output.
 */
export function parseGraph(bytes: Uint8Array, givenName?: string, externalData?: ExternalData): OnnxGraph {
  const file = `ONNX model "${givenName ?? ""}"`;
  const { graph, opsetImport, producerName } = decodeModel(
    bytes,
    givenName === undefined ? "ONNX model" : file,
  );
  const name = (givenName ?? graph?.name ?? "").replace(/\p{Cc}+/gu, " ").trim() || "model";
  const what = `model "${name}"`;
  if (!graph) throw new InputError(`${what}: the bytes hold no ONNX graph; is it an ONNX file?`);

  const opset = Number(
    opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version ?? 0n,
  );
  if (opset < oldestOpset) {
    throw new InputError(
      `${what}: expected ONNX opset ${oldestOpset} or newer, got ${opset}; export it with opset 13`,
    );
  }
  includeExternalData(graph, externalData);
  const initializers = new Map(graph.initializer.map((proto) => [proto.name, proto]));
  const inputs = graph.input.filter((input) => !initializers.has(input.name));
  if (inputs.length !== 1 || graph.output.length !== 1) {
    throw new InputError(
      `${what}: expected one input and one output, got ${inputs.length} and ${graph.output.length}; ` +
        `export a network that takes an image and returns logits`,
    );
  }
  const output = graph.output[0].name;
  return {
    name,
    producer: producerName,
    input: inputs[0].name,
    output,
    ...shapeOf(inputs[0], what),
    nodes: neededNodes(graph, output),
    initializers,
  };
}

const longestName = 100;
const shortened = (name: string) => (name.length > longestName ? `${name.slice(0, longestName)}…` : name);

/** What messages call a node. */
export function describeNode({ opType, name, output }: NodeProto): string {
  const op = JSON.stringify(shortened(opType)).slice(1, -1);
  return `${op} ${JSON.stringify(shortened(name || (output[0] ?? "")))}`;
}
