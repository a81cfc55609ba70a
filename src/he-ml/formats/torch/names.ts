import { InputError } from "../../errors.js";
import { numberBytes, type NumberType } from "../numbers.js";
import { PythonName, type PickleValue } from "./pickle-values.js";
import { StoredTensor, type Storage } from "./tensors.js";

const storageTypes: ReadonlyMap<string, NumberType> = new Map<string, NumberType>([
  ["torch.HalfStorage", "f16"],
  ["torch.BFloat16Storage", "bf16"],
  ["torch.FloatStorage", "f32"],
  ["torch.DoubleStorage", "f64"],
  ["torch.CharStorage", "i8"],
  ["torch.ShortStorage", "i16"],
  ["torch.IntStorage", "i32"],
  ["torch.LongStorage", "i64"],
  ["torch.ByteStorage", "u8"],
  ["torch.BoolStorage", "bool"],
]);

type Call = (args: readonly PickleValue[]) => PickleValue;

const rebuildTensor: Call = ([storage, offset, shape, strides]) => {
  const sizes = (value: PickleValue) => (Array.isArray(value) ? value.map(sizeOf) : fail());
  const tensor = new StoredTensor(storage as Storage, sizeOf(offset), sizes(shape), sizes(strides));
  if (!isStorage(storage) || tensor.shape.length !== tensor.strides.length) return fail();
  return tensor;
};

/** Everything that may be called, and what it comes to here. Nothing else is ever called, and these only make data. */
const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ["torch._utils._rebuild_tensor", rebuildTensor],
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_parameter", ([data]) => data],
  ["torch._utils._rebuild_parameter_with_state", ([data]) => data],
  ["torch.Size", ([sizes]) => sizes],
  ["torch.device", ([device]) => device],
  // PyTorch up to 1.2 keeps where a module's functions come from; all are what they are today.
  ["torch.nn.backends.thnn._get_thnn_function_backend", () => null],
  ["collections.OrderedDict", () => new Map()],
  ["builtins.set", ([items]) => new Set(Array.isArray(items) ? items : [])],
  ["__builtin__.set", ([items]) => new Set(Array.isArray(items) ? items : [])],
]);

const moduleClass = /^torch\.nn\.modules\.[\w.]+$/;
/** Names of values, not of code: number types and the like. */
const torchValue = /^torch\.(b?float|u?int|complex|bool|strided|contiguous_format)\w*$/;

/** Modules whose weights are integers, and the numbers that they hold. */
const quantized =
  /^torch\.(ao\.)?nn\.(intrinsic\.)?(quantized|qat)\.|^torch\._utils\._rebuild_qtensor$|^torch\.QU?Int\d+/;

/** @throws InputError if it names what only quantized networks have */
export function refuseQuantized(name: string): void {
  if (!quantized.test(name)) return;
  throw new InputError(
    `it is a quantized network (${name.slice(0, 100)}): its weights are integers with scales of their own; ` +
      `save the float network that it was made from, before torch.ao.quantization converted it`,
  );
}

/** Whether a file of PyTorch's may name this without more ado. */
export function isKnownName(name: string): boolean {
  return (
    calls.has(name) ||
    storageTypes.has(name) ||
    moduleClass.test(name) ||
    torchValue.test(name) ||
    name === "torch.nn.parameter.Parameter"
  );
}

/** PyTorch's own module of this name, such as `Conv2d`, or undefined for a class that is not PyTorch's. */
export function torchModuleType(className: string): string | undefined {
  return moduleClass.test(className) ? className.slice(className.lastIndexOf(".") + 1) : undefined;
}

/** @throws InputError if the name may not be called */
export function call(name: string, args: readonly PickleValue[]): PickleValue {
  const known = calls.get(name);
  if (known) return known(args);
  throw new InputError(
    `it would call ${JSON.stringify(name)} in Python, which no network needs to; nothing was run. ` +
      `Do not load it in PyTorch unless you trust it; save networks with torch.save(network, path)`,
  );
}

/** What a persistent id says about a storage. */
export interface StorageId extends Omit<Storage, "bytes"> {
  readonly key: string;
}

/** @throws InputError if the id is none of a storage of numbers */
export function storageId(id: PickleValue): StorageId {
  if (!Array.isArray(id) || id[0] !== "storage" || typeof id[2] !== "string") return fail();
  const [, type, key, , count, view = null] = id;
  const name = type instanceof PythonName ? type.name : "";
  const numberType = storageTypes.get(name);
  if (!numberType) {
    throw new InputError(
      `it holds numbers of type ${JSON.stringify(name)}; convert the network with .float() and save it again`,
    );
  }
  if (view !== null)
    throw new InputError(`it was saved by a very old PyTorch; load it in a newer one and save it again`);
  return { key, type: numberType, count: sizeOf(count) };
}

/** @throws InputError unless the bytes hold as many numbers as the storage claims */
export function requireBytes({ type, count }: Storage, bytes: Uint8Array | undefined): Uint8Array {
  if (bytes?.length === count * numberBytes[type]) return bytes;
  throw new InputError(
    `a storage of ${count} numbers should have ${count * numberBytes[type]} bytes, got ${bytes?.length ?? "none"}; ` +
      `save the network again`,
  );
}

function isStorage(value: PickleValue): value is Storage {
  return typeof value === "object" && value !== null && "count" in value && "type" in value;
}

function sizeOf(value: PickleValue): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : fail();
}

function fail(): never {
  throw new InputError(`a tensor in its pickle is damaged; save the network again with torch.save`);
}
