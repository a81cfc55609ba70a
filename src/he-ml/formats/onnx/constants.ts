import { create } from "@bufbuild/protobuf";
import {
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
} from "onnx-buf";
import { InputError } from "../../errors.js";
import { bfloat16ToDouble, halfToDouble } from "../floats.js";
import { tensor, type Tensor } from "../../tensor/tensor.js";

/** What a `Constant` node's attribute holds, in whichever form. */
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

/** The tensor in a `Constant` node. @throws InputError if it holds text, or a sparse tensor. */
export function constantOf(node: NodeProto): TensorProto {
  const value = constantValue(node.attribute[0]);
  if (value) return value;
  throw new InputError(
    `Constant ${JSON.stringify(node.name)}: expected a dense tensor, a number or a list of numbers, ` +
      `got ${JSON.stringify(node.attribute[0]?.name ?? "nothing")}`,
  );
}

/** More axes are a sign of a damaged file. */
const mostAxes = 8;

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
      raw: (b) => Float64Array.from(new Uint16Array(b), halfToDouble),
      field: (p) => p.int32Data.map(halfToDouble),
    },
  ],
  [
    DataType.BFLOAT16,
    {
      bytes: 2,
      raw: (b) => Float64Array.from(new Uint16Array(b), bfloat16ToDouble),
      field: (p) => p.int32Data.map(bfloat16ToDouble),
    },
  ],
  [DataType.INT32, { bytes: 4, raw: (b) => new Int32Array(b), field: (p) => p.int32Data }],
  [DataType.BOOL, { bytes: 1, raw: (b) => new Uint8Array(b), field: (p) => p.int32Data }],
  [
    DataType.INT64,
    {
      bytes: 8,
      raw: (b) => Float64Array.from(new BigInt64Array(b), Number),
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
      `${what}: expected float, double, float16, bfloat16, int32, int64 or bool values, ` +
        `got ${DataType[proto.dataType] ?? `type ${proto.dataType}`}; export the model in float32`,
    );
  }
  if (proto.dims.length > mostAxes) {
    throw new InputError(`${what}: expected at most ${mostAxes} axes, got ${proto.dims.length}`);
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
