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
import { numberTypeOf, typeName } from "./element-types.js";
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
  if (value && node.attribute.length === 1) return value;
  throw new InputError(
    `Constant ${JSON.stringify(node.name)}: expected a dense tensor, a number or a list of numbers, ` +
      `got ${JSON.stringify(node.attribute[0]?.name ?? "nothing")}`,
  );
}

/** More axes are a sign of a damaged file. */
const mostAxes = 8;

/** A constant of the file, or of what it computes from constants, with the type that it has there. */
export interface Constant extends Tensor {
  readonly type: NumberType;
}

/** Reads the typed field that a file may use instead of raw data. */
function fieldOf(proto: TensorProto, type: NumberType): ArrayLike<number> {
  const { int32Data } = proto;
  switch (type) {
    case "f32":
      return proto.floatData;
    case "f64":
      return proto.doubleData;
    case "i64":
      return proto.int64Data.map(Number);
    case "u32":
      return proto.uint64Data.map(Number);
    case "f16":
    case "bf16": {
      // Two bytes a number, each in a 32-bit integer.
      const read = doublesOf(type, new Uint8Array(Uint16Array.from(int32Data).buffer));
      return int32Data.map((_, index) => read(index));
    }
    default:
      return int32Data;
  }
}

/**
 * The values of a constant as doubles.
 *
 * @param what Names the constant in messages.
 * @throws InputError if its type is not numeric or it does not hold as many values as its shape says.
 */
export function constantTensor(proto: TensorProto, what: string): Constant {
  const type = numberTypeOf(proto.dataType);
  if (!type) {
    throw new InputError(
      `${what}: expected floats, integers or bool values, got ${typeName(proto.dataType)}; ` +
        `export the model in float32`,
    );
  }
  if (proto.dims.length > mostAxes) {
    throw new InputError(`${what}: expected at most ${mostAxes} axes, got ${proto.dims.length}`);
  }
  const shape = proto.dims.map(Number);
  const { rawData } = proto;
  const isRaw = rawData.length > 0;
  const field = isRaw ? [] : fieldOf(proto, type);
  const count = shape.reduce((product, size) => product * size, 1);
  const held = isRaw ? rawData.length / numberBytes[type] : field.length;
  if (held !== count || shape.some((size) => size < 0)) {
    throw new InputError(
      `${what}: its shape [${shape.join(", ")}] says ${count} values, the file holds ${held}; ` +
        `the file is damaged, export it again`,
    );
  }
  if (!isRaw) return { ...tensor(shape, field), type };
  const read = doublesOf(type, rawData);
  return { shape, data: Float64Array.from({ length: count }, (_, index) => read(index)), type };
}
