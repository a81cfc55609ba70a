import { fromBinary, ScalarType, type DescField, type DescMessage } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { ModelProtoSchema, type ModelProto } from "onnx-buf";
import { InputError } from "../../errors.js";

/** What a file may hold: some gibibytes of objects at most. */
const mostElements = 2 ** 24;
/** A message takes about as much memory as this many numbers. */
const messageCost = 16;

const isPackable = ({ scalar }: DescField) => scalar !== ScalarType.STRING && scalar !== ScalarType.BYTES;

const fieldsOf = new WeakMap<DescMessage, ReadonlyMap<number, DescField>>();

function fieldsByNumber(schema: DescMessage): ReadonlyMap<number, DescField> {
  const known = fieldsOf.get(schema) ?? new Map(schema.fields.map((field) => [field.number, field]));
  fieldsOf.set(schema, known);
  return known;
}

/**
 * Counts what decoding would make, in numbers, without making it: two bytes of a file can become an object of
 * two hundred.
 */
function countElements(bytes: Uint8Array, schema: DescMessage, limit: number): number {
  const reader = new BinaryReader(bytes);
  const fields = fieldsByNumber(schema);
  let count = messageCost;
  while (reader.pos < reader.len && count <= limit) {
    const [number, wireType] = reader.tag();
    const field = fields.get(number);
    const skipped = reader.skip(wireType, number);
    if (!field || wireType !== WireType.LengthDelimited) count++;
    else {
      const content = new BinaryReader(skipped).bytes();
      if (field.message) count += countElements(content, field.message, limit - count);
      else count += field.fieldKind === "list" && isPackable(field) ? content.length : 1;
    }
  }
  return count;
}

/** @throws InputError if the bytes are no ONNX file, or would take more memory than a model can need. */
export function decodeModel(bytes: Uint8Array, what: string): ModelProto {
  if (bytes.length === 0) throw new InputError(`${what}: expected an ONNX file, got no bytes`);
  try {
    if (countElements(bytes, ModelProtoSchema, mostElements) <= mostElements) {
      return fromBinary(ModelProtoSchema, bytes);
    }
  } catch (error) {
    const reason = String(error instanceof Error ? error.message : error).replace(/\s+/g, " ");
    throw new InputError(`${what}: not an ONNX file, or a damaged one (${reason}); export it again`);
  }
  throw new InputError(
    `${what}: expected at most ${mostElements} numbers outside of raw data; store the weights as raw data`,
  );
}
