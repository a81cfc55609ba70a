import { create, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProtoSchema,
} from "onnx-buf";
import { expect } from "@jest/globals";
import { errorStatistics } from "../../../src/he-ml/tensor/error-statistics.js";
import { maxAbs, sizeOf, tensor, type Shape, type Tensor } from "../../../src/he-ml/tensor/tensor.js";

/** Values between -1 and 1 that a float32 holds exactly, the same for the same seed (mulberry32). */
export function randomTensor(shape: Shape, seed: number): Tensor {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.fround((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * 2 - 1);
  };
  return tensor(shape, Array.from({ length: sizeOf(shape) }, next));
}

/** Equal but for what float32 sums of a few hundred terms lose. */
export function expectSameInFloat32(actual: Tensor, expected: Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const { maxAbs: error } = errorStatistics(actual, expected);
  expect(error).toBeLessThanOrEqual(2e-6 * Math.max(1, maxAbs(expected.data)));
}

export type AttributeValue = number | { float: number } | string | readonly number[] | TensorProto;

function attribute(name: string, value: AttributeValue) {
  if (typeof value === "number") return { name, type: AttributeType.INT, i: BigInt(value) };
  if (typeof value === "string")
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if ("float" in value) return { name, type: AttributeType.FLOAT, f: value.float };
  if ("dataType" in value) return { name, type: AttributeType.TENSOR, t: value };
  return { name, type: AttributeType.INTS, ints: value.map(BigInt) };
}

/** A node written as `node("Conv", ["input", "weight"], "output", { group: 2 }, "conv1")`. */
export function node(
  opType: string,
  input: string[],
  output: string,
  attributes: Record<string, AttributeValue> = {},
  name = "",
): NodeProto {
  const list = Object.entries(attributes).map(([key, value]) => attribute(key, value));
  return create(NodeProtoSchema, { opType, input, output: [output], name, attribute: list });
}

/** A float32 tensor in raw bytes. */
export function floats(name: string, { shape, data }: Tensor): TensorProto {
  const rawData = new Uint8Array(Float32Array.from(data).buffer);
  return create(TensorProtoSchema, { name, dims: shape.map(BigInt), dataType: DataType.FLOAT, rawData });
}

/** An int64 tensor in its typed field. */
export function ints(name: string, values: number[]): TensorProto {
  const dims = [BigInt(values.length)];
  return create(TensorProtoSchema, {
    name,
    dims,
    dataType: DataType.INT64,
    int64Data: values.map(BigInt),
  });
}

type Axis = number | string;

function valueInfo(name: string, axes: readonly Axis[]): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = axes.map((axis) => ({
    value:
      typeof axis === "string"
        ? { case: "dimParam" as const, value: axis }
        : { case: "dimValue" as const, value: BigInt(axis) },
  }));
  return {
    name,
    type: { value: { case: "tensorType", value: { elemType: DataType.FLOAT, shape: { dim } } } },
  };
}

/** The bytes of an ONNX file whose graph leads from `input` to `output`. */
export function onnxFile(graph: {
  readonly input: readonly Axis[];
  readonly nodes: NodeProto[];
  readonly initializers?: TensorProto[];
  readonly outputRank?: number;
  readonly opset?: number;
  readonly name?: string;
  readonly moreInputs?: Record<string, readonly Axis[]>;
}): Uint8Array {
  const {
    input,
    nodes,
    initializers = [],
    outputRank = 2,
    opset = 13,
    name = "graph",
    moreInputs = {},
  } = graph;
  const outputAxes = Array.from({ length: outputRank }, (_, i) => `axis${i}`);
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    graph: {
      name,
      node: nodes,
      initializer: initializers,
      input: [
        valueInfo("input", input),
        ...Object.entries(moreInputs).map(([other, axes]) => valueInfo(other, axes)),
      ],
      output: [valueInfo("output", outputAxes)],
    },
  });
  return toBinary(ModelProtoSchema, model);
}
