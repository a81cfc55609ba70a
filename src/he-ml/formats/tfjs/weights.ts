import * as z from "zod";
import { InputError } from "../../errors.js";
import { sizeOf, type Shape, type Tensor } from "../../tensor/tensor.js";
import { mostWeights } from "../limits.js";
import { doublesOf, numberBytes, type NumberType } from "../numbers.js";
import { check } from "./topology.js";

/** Gives the bytes of a file that lies beside `model.json`. */
export type SiblingFile = (path: string) => Uint8Array;

const quantizations = ["uint8", "uint16", "float16"] as const;

const weightSchema = z.strictObject({
  name: z.string(),
  shape: z.array(z.int().min(0)).max(8),
  dtype: z.string(),
  group: z.unknown().optional(),
  quantization: z
    .strictObject({
      dtype: z.enum(quantizations),
      min: z.number().optional(),
      scale: z.number().optional(),
      original_dtype: z.string().optional(),
    })
    .optional(),
});
type WeightSpec = z.output<typeof weightSchema>;

const manifestSchema = z
  .array(
    z.strictObject({ paths: z.array(z.string()).max(10_000), weights: z.array(weightSchema).max(10_000) }),
  )
  .max(10_000);

/** At eight bytes a number. */
const largestBytes = 8 * mostWeights;

const stored: ReadonlyMap<string, NumberType> = new Map<string, NumberType>([
  ["float32", "f32"],
  ["int32", "i32"],
  ["uint32", "u32"],
  ["uint16", "u16"],
  ["uint8", "u8"],
  ["bool", "bool"],
  ["float16", "f16"],
]);

/** The numbers of a weight; quantized ones are `value · scale + min`, as tfjs reads them. */
function numbersOf(spec: WeightSpec, bytes: Uint8Array): Float64Array {
  const { name, shape, quantization } = spec;
  const read = doublesOf(storageOf(spec), bytes);
  const values = Float64Array.from({ length: sizeOf(shape) }, (_, index) => read(index));
  if (!quantization || quantization.dtype === "float16") return values;
  const { min, scale } = quantization;
  if (min === undefined || scale === undefined) {
    throw new InputError(
      `weight ${JSON.stringify(name)}: it is quantized without min and scale; convert it again`,
    );
  }
  return values.map((value) => value * scale + min);
}

function storageOf({ name, dtype, quantization }: WeightSpec): NumberType {
  const storage = stored.get(quantization?.dtype ?? dtype);
  if (storage) return storage;
  throw new InputError(
    `weight ${JSON.stringify(name)}: expected one of ${[...stored.keys()].join(", ")}, got ${JSON.stringify(dtype)}; ` +
      `store the weights as float32`,
  );
}

/** Files one after the other, as if they were one. @throws InputError beyond the size of a model file */
function concatenated(paths: readonly string[], file: SiblingFile, before: number): Uint8Array {
  const files = paths.map(file);
  const length = files.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (before + length > largestBytes) {
    throw new InputError(
      `expected at most ${largestBytes} bytes of weights; such a network cannot be encrypted`,
    );
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of files) {
    bytes.set(part, offset);
    offset += part.byteLength;
  }
  return bytes;
}

/** The weights of a `model.json`, found by layer and name. */
export class KerasWeights {
  readonly #tensors = new Map<string, Tensor>();
  #numbers = 0;

  /** @throws InputError if the manifest is wrong, or its files hold more or less than it says */
  constructor(weightsManifest: unknown, file: SiblingFile) {
    const manifest = check("weightsManifest", manifestSchema, weightsManifest);
    let total = 0;
    for (const { paths, weights } of manifest) {
      const bytes = concatenated(paths, file, total);
      total += bytes.byteLength;
      this.#readGroup(bytes, paths, weights);
    }
  }

  #readGroup(bytes: Uint8Array, paths: readonly string[], weights: readonly WeightSpec[]): void {
    const numbers = weights.reduce((sum, { shape }) => sum + sizeOf(shape), this.#numbers);
    if (numbers > mostWeights) {
      throw new InputError(
        `expected at most ${mostWeights} weights, got ${numbers}; such a network cannot be encrypted`,
      );
    }
    this.#numbers = numbers;
    const sizes = weights.map((spec) => sizeOf(spec.shape) * numberBytes[storageOf(spec)]);
    const expected = sizes.reduce((sum, size) => sum + size, 0);
    if (expected !== bytes.byteLength) {
      throw new InputError(
        `expected ${expected} bytes of weights in ${paths.length} file(s) from ${JSON.stringify(paths[0])} on, ` +
          `got ${bytes.byteLength}; the files do not belong together`,
      );
    }
    let offset = 0;
    weights.forEach((spec, i) => {
      const data = numbersOf(spec, bytes.subarray(offset, (offset += sizes[i])));
      if (this.#tensors.has(spec.name))
        throw new InputError(`two weights are named ${JSON.stringify(spec.name)}`);
      this.#tensors.set(spec.name, { shape: spec.shape, data });
    });
  }

  /** A layer's weight: `conv1/kernel`, in a nested model `inner/conv1/kernel`. */
  optional(layer: string, weight: string, shape?: Shape): Tensor | undefined {
    const path = `${layer}/${weight}`;
    const exact = this.#tensors.get(path);
    const nested = exact ? [] : [...this.#tensors.keys()].filter((name) => name.endsWith(`/${path}`));
    if (nested.length > 1) {
      throw new InputError(
        `layer ${JSON.stringify(layer)}: which ${weight} is its own is not clear: ${nested.join(", ")}`,
      );
    }
    const found = exact ?? this.#tensors.get(nested[0] ?? "");
    if (found && shape && found.shape.join() !== shape.join()) {
      throw new InputError(
        `layer ${JSON.stringify(layer)}: expected a ${weight} [${shape.join(", ")}], got [${found.shape.join(", ")}]`,
      );
    }
    return found;
  }

  /** @throws InputError if there is no such weight, or it has not that many axes, or another shape */
  required(layer: string, weight: string, axes: number, shape?: Shape): Tensor {
    const found = this.optional(layer, weight, shape);
    if (found?.shape.length === axes) return found;
    const got = found ? `[${found.shape.join(", ")}]` : "none";
    throw new InputError(
      `layer ${JSON.stringify(layer)}: expected a ${weight} with ${axes} axes, got ${got}`,
    );
  }
}
