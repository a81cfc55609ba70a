import { create } from "@bufbuild/protobuf";
import {
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from "onnx-buf";
import { InputError } from "../../errors.js";
import { tensor, type Tensor } from "../../tensor/tensor.js";
import { halfToDouble } from "../numbers.js";

/** The tensors that a graph holds under their names, weights above all. */
export type Constants = ReadonlyMap<string, TensorProto>;

/** What a `Constant` node holds, in whichever of its attributes. */
function constantValue(attribute: AttributeProto | undefined): TensorProto | undefined {
  const dims = (values: readonly unknown[]) => [BigInt(values.length)];
  switch (attribute?.name) {
    case "value":
      return attribute.t;
    case "value_float":
      return create(TensorProtoSchema, { dataType: DataType.FLOAT, floatData: [attribute.f] });
    case "value_int":
      return create(TensorProtoSchema, { dataType: DataType.INT64, int64Data: [attribute.i] });
    case "value_floats": {
      const floatData = attribute.floats;
      return create(TensorProtoSchema, { dataType: DataType.FLOAT, dims: dims(floatData), floatData });
    }
    case "value_ints": {
      const int64Data = attribute.ints;
      return create(TensorProtoSchema, { dataType: DataType.INT64, dims: dims(int64Data), int64Data });
    }
    default:
      return undefined;
  }
}

function constantOf(node: NodeProto, known: Constants): TensorProto | undefined {
  if (node.opType === "Identity") return known.get(node.input[0]);
  if (node.opType !== "Constant") return undefined;
  const value = constantValue(node.attribute[0]);
  if (value) return value;
  throw new InputError(
    `Constant ${JSON.stringify(node.name)}: expected a dense tensor, a number or a list of numbers, ` +
      `got ${JSON.stringify(node.attribute[0]?.name ?? "nothing")}`,
  );
}

/**
 * Separates a graph's constants (initializers, `Constant` nodes, and each `Identity` of one) from the nodes that
 * compute.
 */
export function separateConstants(graph: GraphProto): { constants: Constants; nodes: NodeProto[] } {
  const constants = new Map(graph.initializer.map((proto) => [proto.name, proto]));
  const nodes = graph.node.filter((node) => {
    const constant = constantOf(node, constants);
    if (constant) constants.set(node.output[0], constant);
    return !constant;
  });
  return { constants, nodes };
}

interface Encoding {
  readonly bytes: number;
  /** Reads little-endian raw data; the buffer starts at a multiple of every size. */
  readonly raw: (buffer: ArrayBuffer) => ArrayLike<number>;
  /** Reads the typed field that a file may use instead. */
  readonly field: (proto: TensorProto) => ArrayLike<number>;
}

const encodings: ReadonlyMap<number, Encoding> = new Map<number, Encoding>([
  [DataType.FLOAT, { bytes: 4, raw: (b) => new Float32Array(b), field: (p) => p.floatData }],
  [DataType.DOUBLE, { bytes: 8, raw: (b) => new Float64Array(b), field: (p) => p.doubleData }],
  [
    DataType.FLOAT16,
    {
      bytes: 2,
      raw: (b) => Array.from(new Uint16Array(b), halfToDouble),
      field: (p) => p.int32Data.map(halfToDouble),
    },
  ],
  [DataType.INT32, { bytes: 4, raw: (b) => new Int32Array(b), field: (p) => p.int32Data }],
  [DataType.BOOL, { bytes: 1, raw: (b) => new Uint8Array(b), field: (p) => p.int32Data }],
  [
    DataType.INT64,
    {
      bytes: 8,
      raw: (b) => Array.from(new BigInt64Array(b), Number),
      field: (p) => p.int64Data.map(Number),
    },
  ],
]);

/**
 * The values of a constant as doubles.
 *
 * @param what Names the constant in messages.
 * @throws InputError if its type is not numeric or it does not hold as many values as its shape says.
 */
export function constantTensor(proto: TensorProto, what: string): Tensor {
  const encoding = encodings.get(proto.dataType);
  if (!encoding) {
    throw new InputError(
      `${what}: expected float, double, float16, int32, int64 or bool values, ` +
        `got ${DataType[proto.dataType] ?? `type ${proto.dataType}`}; export the model in float32`,
    );
  }
  const shape = proto.dims.map(Number);
  const bytes = proto.rawData;
  const isRaw = bytes.length > 0;
  const field = isRaw ? [] : encoding.field(proto);
  const count = shape.reduce((product, size) => product * size, 1);
  const held = isRaw ? bytes.length / encoding.bytes : field.length;
  if (held !== count || shape.some((size) => size < 0)) {
    throw new InputError(
      `${what}: its shape [${shape.join(", ")}] says ${count} values, the file holds ${held}; ` +
        `the file is damaged, export it again`,
    );
  }
  return tensor(shape, isRaw ? encoding.raw(new Uint8Array(bytes).buffer) : field);
}
