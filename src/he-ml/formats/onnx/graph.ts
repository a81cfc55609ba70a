import {
  TensorProto_DataType as DataType,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "onnx-buf";
import { InputError } from "../../errors.js";
import type { Shape } from "../../tensor/tensor.js";
import { decodeModel } from "./decode.js";
import { isFloat, numberTypeOf, typeName } from "./element-types.js";
import { includeExternalData, type ExternalData } from "./external-data.js";
import { withFunctionsInlined } from "./functions.js";
import { neededNodes } from "./node-order.js";

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
  /** The nodes that the output needs, each behind those whose values it takes; functions are inlined. */
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

/** @throws InputError unless the values of the input are floats, or whole numbers that the graph itself makes floats */
function requireFloats({ name, type }: ValueInfoProto, nodes: readonly NodeProto[], what: string): void {
  const elementType = type?.value.case === "tensorType" ? type.value.value.elemType : DataType.FLOAT;
  const numberType = numberTypeOf(elementType);
  const readers = nodes.filter(({ input }) => input.includes(name));
  const isCast = readers.every(({ opType }) => opType === "Cast" || opType === "Shape");
  if (numberType && (isFloat(numberType) || (numberType !== "bool" && isCast))) return;
  throw new InputError(
    `${what}: expected an input of floats, got ${typeName(elementType)}; export a model that takes float32`,
  );
}

/** @throws InputError unless the operators are ONNX's own, of a version that is known here */
function requireOpset({ opsetImport, irVersion, graph }: ModelProto, what: string): void {
  const nodes = graph?.node ?? [];
  if (nodes.length > 0 && nodes.every(({ domain }) => domain === "ai.onnx.ml")) {
    const ops = [...new Set(nodes.map(({ opType }) => opType))].slice(0, 3).join(", ");
    throw new InputError(
      `${what}: expected a neural network, got classical machine learning (${printable(ops)} of ai.onnx.ml), which ` +
        `cannot be encrypted here; train a small network of linear layers on the same data: he-ml train`,
    );
  }
  const own = opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  if (!own) {
    const others = opsetImport.map(({ domain }) => JSON.stringify(domain)).join(", ");
    throw new InputError(
      `${what}: the file does not say which opset of ONNX's operators it uses` +
        `${others ? ` (only those of ${printable(others)})` : `, as those of before ONNX 1.0 (this one has IR version ${irVersion})`}; ` +
        `export it again with opset 13, or convert it with onnx.version_converter`,
    );
  }
  if (Number(own.version) < oldestOpset) {
    throw new InputError(
      `${what}: expected ONNX opset ${oldestOpset} or newer, got ${own.version}; export it with opset 13`,
    );
  }
}

const printable = (text: string) => text.replace(/\p{Cc}+/gu, " ");

/**
 * Decodes an ONNX file.
 *
 * @throws InputError if the bytes are no ONNX file, or the graph has not one input of known shape and one output.
 */
export function parseGraph(bytes: Uint8Array, givenName?: string, externalData?: ExternalData): OnnxGraph {
  const file = `ONNX model "${givenName ?? ""}"`;
  const model = decodeModel(bytes, givenName === undefined ? "ONNX model" : file);
  const { graph, producerName } = model;
  const name = printable(givenName ?? graph?.name ?? "").trim() || "model";
  const what = `model "${name}"`;
  if (!graph) throw new InputError(`${what}: the bytes hold no ONNX graph; is it an ONNX file?`);
  requireOpset(model, what);
  if (graph.sparseInitializer.length > 0) {
    throw new InputError(`${what}: its weights are stored as sparse tensors; export it with dense weights`);
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
  const nodes = neededNodes(withFunctionsInlined(model), output, [inputs[0].name, ...initializers.keys()]);
  requireFloats(inputs[0], nodes, what);
  return {
    name,
    producer: producerName,
    input: inputs[0].name,
    output,
    ...shapeOf(inputs[0], what),
    nodes,
    initializers,
  };
}
