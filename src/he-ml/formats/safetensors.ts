import * as z from "zod";
import { InputError } from "../errors.js";
import { naming } from "../model/model-error.js";
import type { Network } from "../model/model.js";
import { sizeOf, type Shape, type Tensor } from "../tensor/tensor.js";
import { parseDescription } from "./description.js";
import { mostWeights } from "./limits.js";
import { networkFromModules } from "./modules/network.js";
import { doublesOf, numberBytes, type NumberType } from "./numbers.js";

export interface ReadSafetensorsOptions {
  readonly name: string;
  /** Of one image, unless the description says it. */
  readonly inputShape?: Shape;
  /** Gives the description of the layers; see `parseDescription`. */
  readonly description: () => unknown;
}

const dtypes: ReadonlyMap<string, NumberType> = new Map<string, NumberType>([
  ["F64", "f64"],
  ["F32", "f32"],
  ["F16", "f16"],
  ["BF16", "bf16"],
  ["I64", "i64"],
  ["I32", "i32"],
  ["I16", "i16"],
  ["I8", "i8"],
  ["U32", "u32"],
  ["U16", "u16"],
  ["U8", "u8"],
  ["BOOL", "bool"],
]);

const offset = z.int().min(0);
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(offset).max(8),
  data_offsets: z.tuple([offset, offset]),
});
const headerSchema = z.record(z.string(), z.unknown());

const prefixBytes = 8;
/** The format's own limit is 100 MB; a tensor takes about a hundred bytes. */
const largestHeaderBytes = 2 ** 24;

const again = "the file is damaged, save it again";

/** The JSON between the length and the numbers. */
function headerOf(bytes: Uint8Array): { entries: [string, unknown][]; data: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < prefixBytes ? NaN : Number(view.getBigUint64(0, true));
  const end = prefixBytes + length;
  if (!(length >= 2 && length <= largestHeaderBytes && end <= bytes.length)) {
    throw new InputError(
      `expected a safetensors file, which begins with the length of a header of at most 16 MiB, got ` +
        `${bytes.length} bytes that ${Number.isNaN(length) ? "are too few" : `say ${length}`}; ${again}`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(prefixBytes, end)));
  } catch {
    throw new InputError(`expected a header of JSON, got something else; ${again}`);
  }
  const header = headerSchema.safeParse(json);
  if (!header.success) throw new InputError(`expected a header that is an object of tensors; ${again}`);
  const entries = Object.entries(header.data).filter(([name]) => name !== "__metadata__");
  return { entries, data: bytes.subarray(end) };
}

interface Entry {
  readonly name: string;
  readonly type: NumberType;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

function entryOf([name, value]: [string, unknown]): Entry {
  const what = `tensor ${JSON.stringify(name)}`;
  const parsed = entrySchema.safeParse(value);
  if (!parsed.success) {
    const [{ path, message }] = parsed.error.issues;
    throw new InputError(`${what}: ${path.join(".") || "the whole"}: ${message}; ${again}`);
  }
  const { dtype, shape, data_offsets } = parsed.data;
  const type = dtypes.get(dtype);
  if (!type) {
    throw new InputError(
      `${what}: expected one of ${[...dtypes.keys()].join(", ")}, got ${JSON.stringify(dtype)}; save it as F32`,
    );
  }
  const [begin, end] = data_offsets;
  const bytes = sizeOf(shape) * numberBytes[type];
  if (end - begin !== bytes) {
    throw new InputError(
      `${what}: its shape [${shape.join(", ")}] of ${dtype} takes ${bytes} bytes, its offsets say ${end - begin}; ${again}`,
    );
  }
  return { name, type, shape, begin, end };
}

/** The format has no holes and no overlaps: the tensors cover the data from its beginning to its end. */
function requireWholeCover(entries: readonly Entry[], length: number): void {
  let covered = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      throw new InputError(
        `tensor ${JSON.stringify(name)}: begins at byte ${begin}, where byte ${covered} is the next; ${again}`,
      );
    }
    covered = end;
  }
  if (covered !== length) {
    throw new InputError(`its tensors take ${covered} bytes, but ${length} are there; ${again}`);
  }
}

/**
 * Reads the tensors of a safetensors file.
 *
 * @see https://github.com/huggingface/safetensors#format
 * @throws InputError if the file is damaged, or holds more numbers than a model can need
 */
export function readSafetensors(bytes: Uint8Array): ReadonlyMap<string, Tensor> {
  const header = headerOf(bytes);
  const entries = header.entries.map(entryOf);
  requireWholeCover(entries, header.data.length);
  const count = entries.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (count > mostWeights) {
    throw new InputError(
      `expected at most ${mostWeights} numbers, got ${count}; such a network cannot be encrypted`,
    );
  }
  return new Map(
    entries.map(({ name, type, shape, begin, end }) => {
      const read = doublesOf(type, header.data.subarray(begin, end));
      const data = Float64Array.from({ length: sizeOf(shape) }, (_, index) => read(index));
      return [name, { shape, data }];
    }),
  );
}

/**
 * Reads a network from a safetensors file, which holds weights alone, and a description of its layers.
 *
 * @throws UnsupportedLayersError if there are layers that cannot even be run, naming every one that cannot be
 *   encrypted, and what to put in its place
 * @throws InputError if the file is damaged, there is no description, or the two do not fit together
 */
export function readSafetensorsNetwork(bytes: Uint8Array, options: ReadSafetensorsOptions): Network {
  const { name } = options;
  try {
    const tensors = readSafetensors(bytes);
    const given = options.description();
    if (given === undefined) {
      throw new InputError(
        "a safetensors file holds weights without layers; give a description of the layers",
      );
    }
    const { modules, inputShape } = parseDescription(given);
    return networkFromModules({ name, tensors, modules, inputShape: options.inputShape ?? inputShape });
  } catch (error) {
    throw naming(name, error);
  }
}
