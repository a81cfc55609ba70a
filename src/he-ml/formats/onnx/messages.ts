import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type AttributeProtoSchema,
  type NodeProtoSchema,
  TensorProtoSchema,
  type TensorProto,
  type ValueInfoProtoSchema,
} from "onnx-buf";
import { InputError } from "../../errors.js";
import type { Shape, Tensor } from "../../tensor/tensor.js";

type AttributeInit = MessageInitShape<typeof AttributeProtoSchema>;
type NodeInit = MessageInitShape<typeof NodeProtoSchema>;
type ValueInfoInit = MessageInitShape<typeof ValueInfoProtoSchema>;

/** An attribute that holds a whole number, or a list of them. */
export function intAttribute(name: string, value: number | readonly number[]): AttributeInit {
  return typeof value === "number"
    ? { name, type: AttributeType.INT, i: BigInt(value) }
    : { name, type: AttributeType.INTS, ints: value.map(BigInt) };
}

/** An attribute that holds a float. */
export function floatAttribute(name: string, value: number): AttributeInit {
  return { name, type: AttributeType.FLOAT, f: value };
}

/** A node of the default operator domain. */
export function node(
  opType: string,
  name: string,
  input: readonly string[],
  output: readonly string[],
  attribute: readonly AttributeInit[] = [],
): NodeInit {
  return { opType, name, input: [...input], output: [...output], attribute: [...attribute] };
}

/**
 * A float32 initializer.
 *
 * @throws InputError if a value does not fit into a float32.
 */
export function floatInitializer(name: string, { shape, data }: Tensor): TensorProto {
  const values = Float32Array.from(data);
  const overflow = values.findIndex((value) => !Number.isFinite(value));
  if (overflow >= 0) {
    throw new InputError(
      `writeOnnx: value ${overflow} of "${name}" is ${data[overflow]}, expected what a float32 can hold; ` +
        `scale the weights down`,
    );
  }
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: DataType.FLOAT,
    rawData: new Uint8Array(values.buffer),
  });
}

/** An int64 initializer with one axis. */
export function intInitializer(name: string, values: readonly number[]): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: [BigInt(values.length)],
    dataType: DataType.INT64,
    rawData: new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer),
  });
}

/** The declaration of a graph's float32 input or output `[batch, …shape]` with a symbolic batch. */
export function batchOf(name: string, shape: Shape): ValueInfoInit {
  const sizes = shape.map((size) => ({ value: { case: "dimValue" as const, value: BigInt(size) } }));
  const dim = [{ value: { case: "dimParam" as const, value: "batch" } }, ...sizes];
  return {
    name,
    type: { value: { case: "tensorType", value: { elemType: DataType.FLOAT, shape: { dim } } } },
  };
}
