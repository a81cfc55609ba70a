import { readFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, relative, resolve } from "node:path";
import { InputError } from "../errors.js";
import type { Model, Network } from "../model/model.js";
import { encryptableModel } from "../model/unsupported-layers.js";

export interface LoadModelOptions {
  /** Defaults to the file's name without its ending. */
  readonly name?: string;
}

type Reader = (bytes: Uint8Array, path: string, name: string) => Promise<Network>;

/** A larger model could not be encrypted anyway. */
const largestFileBytes = 2 ** 30;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    ".onnx",
    async (bytes, path, name) => {
      const { readOnnx } = await import("./onnx/read.js");
      const cache = new Map<string, Uint8Array>();
      const externalData = (location: string) => {
        const data = cache.get(location) ?? readBeside(path, location);
        cache.set(location, data);
        return data;
      };
      return readOnnx(bytes, { name, externalData });
    },
  ],
]);

/** @throws InputError unless the path leads to a file of at most a gibibyte. */
async function requireModelFile(path: string): Promise<void> {
  const status = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(
      error.code === "ENOENT"
        ? `loadModel: there is no file "${path}"; check the path`
        : `loadModel: "${path}" cannot be opened (${error.code})`,
    );
  });
  if (!status.isFile()) {
    const what = status.isDirectory() ? "a directory" : "not a file";
    throw new InputError(`loadModel: expected a model file, but "${path}" is ${what}; name the file in it`);
  }
  if (status.size > largestFileBytes) {
    throw new InputError(
      `loadModel: expected a file of at most 1 GiB, but "${path}" has ${(status.size / 2 ** 30).toFixed(1)} GiB`,
    );
  }
}

/** A file that a model names, which must lie in the model's own directory. */
function readBeside(modelPath: string, location: string): Uint8Array {
  const directory = dirname(resolve(modelPath));
  const path = resolve(directory, location);
  const inside = relative(directory, path);
  if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) {
    throw new InputError(
      `loadModel: "${modelPath}" wants weights from ${JSON.stringify(location)}, which is not beside it; ` +
        `export the model with the weights inside`,
    );
  }
  try {
    return readFileSync(path);
  } catch {
    throw new InputError(
      `loadModel: "${modelPath}" keeps its weights in ${JSON.stringify(location)}, which cannot be read; ` +
        `put that file beside it`,
    );
  }
}

/**
 * Loads a model that can be encrypted: what `loadNetwork` loads, and nothing else in it.
 *
 * @throws UnsupportedLayersError naming every layer that cannot be encrypted, and what to put in its place.
 * @throws InputError as `loadNetwork` does.
 * @example const model = await loadModel("models/lenet1/model.onnx", { name: "lenet1" })
 */
export async function loadModel(path: string, options: LoadModelOptions = {}): Promise<Model> {
  return encryptableModel(await loadNetwork(path, options));
}

/**
 * Loads a model file with the reader for its ending: `.onnx`. The network may hold layers that run on plain values
 * only, such as ReLU.
 *
 * @throws InputError if there is no such file, its ending is unknown, it is larger than 1 GiB, or the model in it
 *   cannot be used.
 * @example const network = await loadNetwork("trained.onnx")
 */
export async function loadNetwork(path: string, options: LoadModelOptions = {}): Promise<Network> {
  await requireModelFile(path);
  const ending = extname(path).toLowerCase();
  const reader = readers.get(ending);
  if (!reader) {
    throw new InputError(
      `loadModel: expected a file ending in ${[...readers.keys()].join(", ")}, got "${path}"; ` +
        `export the model to one of these`,
    );
  }
  return reader(await readFile(path), path, options.name ?? basename(path, extname(path)));
}
