import { readFileSync, statSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from "node:path";
import { InputError } from "../../errors.js";
import { largestDescriptionBytes, largestFileBytes } from "../../formats/limits.js";
import { readerOf, type LoadModelOptions } from "../../formats/read-network.js";
import { ModelError } from "../../model/model-error.js";
import type { Model, Network } from "../../model/model.js";
import { encryptableModel } from "../../model/unsupported-layers.js";
import { modelFile, modelName, notesBeside } from "./model-folder.js";

/** What `NAME.layers.json` beside a file of weights holds, if there is one. */
function descriptionBeside(path: string): unknown {
  const beside = join(dirname(path), `${basename(path, extname(path))}.layers.json`);
  const status = statSync(beside, { throwIfNoEntry: false });
  if (!status?.isFile()) return undefined;
  if (status.size > largestDescriptionBytes) {
    throw new ModelError(`loadModel: expected a description of at most 1 MiB in "${beside}"`);
  }
  try {
    return JSON.parse(readFileSync(beside, "utf8")) as unknown;
  } catch {
    throw new ModelError(`loadModel: "${beside}" is no JSON; correct it`);
  }
}

/** @throws InputError unless the path leads to a file of at most a gibibyte. */
async function requireModelFile(path: string): Promise<void> {
  const status = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new InputError(`loadModel: "${path}" cannot be opened (${error.code})`);
  });
  if (!status.isFile()) {
    throw new InputError(
      `loadModel: expected a model file, but "${path}" is none; name the file or its folder`,
    );
  }
  if (status.size > largestFileBytes) {
    throw new InputError(
      `loadModel: expected a file of at most 1 GiB, but "${path}" has ${(status.size / 2 ** 30).toFixed(1)} GiB`,
    );
  }
}

/** The file's bytes, or undefined if it cannot be read, is too large, or no file. */
function bytesOf(path: string): Uint8Array | undefined {
  try {
    const status = statSync(path);
    return status.isFile() && status.size <= largestFileBytes ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** A file that a model names, which must lie in the model's own directory. */
function readBeside(modelPath: string, location: string): Uint8Array {
  const directory = dirname(resolve(modelPath));
  const path = resolve(directory, location);
  const inside = relative(directory, path);
  if (inside === "" || inside.startsWith("..") || isAbsolute(inside)) {
    throw new ModelError(
      `loadModel: "${modelPath}" wants weights from ${JSON.stringify(location)}, which is not beside it; ` +
        `export the model with the weights inside`,
    );
  }
  const bytes = bytesOf(path);
  if (bytes) return bytes;
  throw new ModelError(
    `loadModel: "${modelPath}" keeps its weights in ${JSON.stringify(location)}, which cannot be read; ` +
      `put that file, of at most 1 GiB, beside it`,
  );
}

/** Reads the files that a model names, each once. */
function filesBeside(modelPath: string): (location: string) => Uint8Array {
  const cache = new Map<string, Uint8Array>();
  return (location) => {
    const data = cache.get(location) ?? readBeside(modelPath, location);
    cache.set(location, data);
    return data;
  };
}

/**
 * Loads a model that can be encrypted: what `loadNetwork` loads, and nothing else in it.
 *
 * @throws UnsupportedLayersError naming every layer that cannot be encrypted, and what to put in its place.
 * @throws InputError as `loadNetwork` does.
 * @example const model = await loadModel("lenet1"); // or a folder, or a file
 */
export async function loadModel(model: string, options: LoadModelOptions = {}): Promise<Model> {
  return encryptableModel(await loadNetwork(model, options));
}

/**
 * Loads a model with the reader for its file's ending: `.onnx`, PyTorch's `.pt` and `.pth`, `.safetensors`, or a tfjs
 * `model.json`; and what lies beside that file: value ranges, class names and dataset from `metrics.json`, CKKS parameters
 * from `parameters.json`. The network may hold layers that run on plain values only, such as ReLU.
 *
 * @param model a file, a folder with a `model.onnx`, or the name of a folder under `models/`
 * @throws InputError if there is no such model, its ending is unknown, it is larger than 1 GiB, or the model in it
 *   cannot be used.
 * @example const network = await loadNetwork("trained.onnx")
 */
export async function loadNetwork(model: string, options: LoadModelOptions = {}): Promise<Network> {
  const path = await modelFile(model);
  if (typeof options !== "object" || options === null) {
    throw new InputError(
      `loadModel: expected options, as { inputShape: [1, 28, 28] }, got ${String(options)}`,
    );
  }
  await requireModelFile(path);
  const reader = readerOf("loadModel", path);
  const name = options.name ?? modelName(resolve(path));
  const beside = { weights: filesBeside(path), description: () => descriptionBeside(path) };
  const network = await reader(await readFile(path), beside, { ...options, name });
  return { ...network, ...(await notesBeside(path)) };
}
