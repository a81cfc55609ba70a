import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, type ModelProto, type NodeProto, type ValueInfoProto } from "onnx-buf";
import { InputError } from "../../errors.js";
import type { Shape } from "../../tensor/tensor.js";
import { separateConstants, type Constants } from "./constants.js";
import { includeExternalData, type ExternalData } from "./external-data.js";

/** The parts of an ONNX file that matter here. */
export interface OnnxGraph {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  /** Of one image, without the batch axis. */
  readonly inputShape: Shape;
  /** The batch axis, where the file fixes it. */
  readonly batchSize?: number;
  /** The nodes that compute, in the file's order. */
  readonly nodes: readonly NodeProto[];
  readonly constants: Constants;
}

const oldestOpset = 7;

function decode(bytes: Uint8Array, what: string): ModelProto {
  if (bytes.length === 0) throw new InputError(`${what}: expected an ONNX file, got no bytes`);
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).replace(/\s+/g, " ");
    throw new InputError(`${what}: not an ONNX file, or a damaged one (${reason}); export it again`);
  }
}

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

/**
 * Decodes an ONNX file and separates its constants from what computes.
 *
 * @throws InputError if the bytes are no ONNX file, or the graph has not one input of known shape and one output.
 */
export function parseGraph(bytes: Uint8Array, givenName?: string, externalData?: ExternalData): OnnxGraph {
  const file = `ONNX model "${givenName ?? ""}"`;
  const { graph, opsetImport } = decode(bytes, givenName === undefined ? "ONNX model" : file);
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
  const { constants, nodes } = separateConstants(graph);
  const inputs = graph.input.filter((input) => !constants.has(input.name));
  if (inputs.length !== 1 || graph.output.length !== 1) {
    throw new InputError(
      `${what}: expected one input and one output, got ${inputs.length} and ${graph.output.length}; ` +
        `export a network that takes an image and returns logits`,
    );
  }
  return {
    name,
    input: inputs[0].name,
    output: graph.output[0].name,
    ...shapeOf(inputs[0], what),
    nodes,
    constants,
  };
}

/** What messages call a node. */
export function describeNode({ opType, name, output }: NodeProto): string {
  return `${JSON.stringify(opType).slice(1, -1)} ${JSON.stringify(name || (output[0] ?? ""))}`;
}

/**
 * Checks that the nodes follow one another from the input to the output.
 *
 * @throws InputError naming the node where the graph branches, joins or ends.
 */
export function requireChain({ name, input, output, nodes, constants }: OnnxGraph): void {
  let current = input;
  for (const node of nodes) {
    const sources = node.input.filter((source) => source !== "" && !constants.has(source));
    if (sources.length === 0 || !sources.every((source) => source === current)) {
      throw new InputError(
        `model "${name}": ${describeNode(node)} takes ${JSON.stringify(sources)}, expected ` +
          `${JSON.stringify(current)}; only models whose layers form one chain are supported, without branches`,
      );
    }
    current = node.output[0] ?? "";
  }
  if (current !== output) {
    throw new InputError(
      `model "${name}": its layers end in ${JSON.stringify(current)}, expected the output ` +
        `${JSON.stringify(output)}; only models whose layers form one chain are supported`,
    );
  }
}
