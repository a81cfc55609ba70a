import { InputError } from "../errors.js";
import type { Network } from "../model/model.js";
import type { Shape } from "../tensor/tensor.js";

export interface LoadModelOptions {
  /** Defaults to the file's name without its ending, and to its folder's where the file is called `model`. */
  readonly name?: string;
  /**
   * Of one image, `[channels, height, width]`, `[channels, length]` or `[features]`, for files that do not say it, as
   * PyTorch's. It may be left out where the layers leave no choice.
   */
  readonly inputShape?: Shape;
  /**
   * The layers of a file of weights alone, as `parseDescription` takes them; defaults to what the JSON file
   * `NAME.layers.json` beside the file holds.
   */
  readonly description?: unknown;
}

/** What lies beside a model's file. */
export interface Siblings {
  /** A file with weights that the model names. @throws InputError if there is none that can be used */
  weights(location: string): Uint8Array;
  /** What `NAME.layers.json` holds, if there is one. */
  description(): unknown;
}

interface ReaderOptions extends LoadModelOptions {
  readonly name: string;
}

type Reader = (bytes: Uint8Array, beside: Siblings, options: ReaderOptions) => Promise<Network>;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    ".onnx",
    async (bytes, beside, { name, description }) => {
      requireNone(description, `model "${name}": an ONNX file`);
      const { readOnnx } = await import("./onnx/read.js");
      return readOnnx(bytes, { name, externalData: (location) => beside.weights(location) });
    },
  ],
  [
    ".json",
    async (bytes, beside, { name, description }) => {
      requireNone(description, `model "${name}": a tfjs model`);
      const { readTfjs } = await import("./tfjs/read.js");
      return readTfjs(bytes, { name, file: (path) => beside.weights(path) });
    },
  ],
  [".pt", readTorchFile],
  [".pth", readTorchFile],
  [
    ".safetensors",
    async (bytes, beside, options) => {
      const { readSafetensorsNetwork } = await import("./safetensors.js");
      const description = () => options.description ?? beside.description();
      return readSafetensorsNetwork(bytes, { ...options, description });
    },
  ],
]);

/** Of the files that models can be read from. */
export const modelEndings: readonly string[] = [...readers.keys()];

/** The ending of a file's name, with its point, in small letters; empty where there is none. */
export const endingOf = (file: string) => /[^/\\](\.[^./\\]+)$/.exec(file)?.[1].toLowerCase() ?? "";

/** @throws InputError if layers are described that the file holds itself */
function requireNone(description: unknown, file: string): void {
  if (description === undefined) return;
  throw new InputError(`${file} holds its layers itself; leave the description out`);
}

async function readTorchFile(bytes: Uint8Array, beside: Siblings, options: ReaderOptions): Promise<Network> {
  const { readTorch } = await import("./torch/read.js");
  return readTorch(bytes, { ...options, findDescription: () => beside.description() });
}

/**
 * Finds the reader for a model's file by its ending.
 *
 * @param operation how messages call what is done
 * @throws InputError if there is none for such a file
 */
export function readerOf(operation: string, file: string): Reader {
  const reader = readers.get(endingOf(file));
  if (reader) return reader;
  throw new InputError(
    `${operation}: expected a file ending in ${modelEndings.join(", ")}, got "${file}"; ` +
      `export the model to one of these`,
  );
}
