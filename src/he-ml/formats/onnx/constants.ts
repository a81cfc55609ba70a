import { create } from "@bufbuild/protobuf";
import {
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
} from "onnx-buf";
import { InputError } from "../../errors.js";
import { tensor, type Tensor } from "../../tensor/tensor.js";
import { doublesOf, numberBytes, type NumberType } from "../numbers.js";

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
  readonly type: NumberType;
  /** Reads the typed field that a file may use instead of raw data. */
  readonly field: (proto: TensorProto) => ArrayLike<number>;
}

const fromInt32 = ({ int32Data }: TensorProto) => int32Data;

/** Two bytes a number, each in a 32-bit integer. */
function fromBits(type: NumberType) {
  return ({ int32Data }: TensorProto) => {
    const read = doublesOf(type, new Uint8Array(Uint16Array.from(int32Data).buffer));
    return int32Data.map((_, index) => read(index));
  };
}

const encodings: ReadonlyMap<number, Encoding> = new Map<number, Encoding>([
  [DataType.FLOAT, { type: "f32", field: ({ floatData }) => floatData }],
  [DataType.DOUBLE, { type: "f64", field: ({ doubleData }) => doubleData }],
  [DataType.FLOAT16, { type: "f16", field: fromBits("f16") }],
  [DataType.BFLOAT16, { type: "bf16", field: fromBits("bf16") }],
  [DataType.INT32, { type: "i32", field: fromInt32 }],
  [DataType.BOOL, { type: "bool", field: fromInt32 }],
  [DataType.INT64, { type: "i64", field: ({ int64Data }) => int64Data.map(Number) }],
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
  const { rawData } = proto;
  const isRaw = rawData.length > 0;
  const field = isRaw ? [] : encoding.field(proto);
  const count = shape.reduce((product, size) => product * size, 1);
  const held = isRaw ? rawData.length / numberBytes[encoding.type] : field.length;
  if (held !== count || shape.some((size) => size < 0)) {
    throw new InputError(
      `${what}: its shape [${shape.join(", ")}] says ${count} values, the file holds ${held}; ` +
        `the file is damaged, export it again`,
    );
  }
  if (!isRaw) return tensor(shape, field);
  const read = doublesOf(encoding.type, rawData);
  return { shape, data: Float64Array.from({ length: count }, (_, index) => read(index)) };
}
