import { readFileSync, statSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from "node:path";
import { InputError } from "../errors.js";
import { ModelError } from "../model/model-error.js";
import type { Model, Network } from "../model/model.js";
import { encryptableModel } from "../model/unsupported-layers.js";
import type { Shape } from "../tensor/tensor.js";
import { modelFile, modelName, modelNotes } from "./model-folder.js";

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

interface ReaderOptions extends LoadModelOptions {
  readonly name: string;
}

type Reader = (bytes: Uint8Array, path: string, options: ReaderOptions) => Promise<Network>;

/** A larger model could not be encrypted anyway. */
const largestFileBytes = 2 ** 30;

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    ".onnx",
    async (bytes, path, { name, description }) => {
      requireNone(description, `model "${name}": an ONNX file`);
      const { readOnnx } = await import("./onnx/read.js");
      return readOnnx(bytes, { name, externalData: filesBeside(path) });
    },
  ],
  [
    ".json",
    async (bytes, path, { name, description }) => {
      requireNone(description, `model "${name}": a tfjs model`);
      const { readTfjs } = await import("./tfjs/read.js");
      return readTfjs(bytes, { name, file: filesBeside(path) });
    },
  ],
  [".pt", readTorchFile],
  [".pth", readTorchFile],
  [
    ".safetensors",
    async (bytes, path, options) => {
      const { readSafetensorsNetwork } = await import("./safetensors.js");
      const description = () => options.description ?? descriptionBeside(path);
      return readSafetensorsNetwork(bytes, { ...options, description });
    },
  ],
]);

/** @throws InputError if layers are described that the file holds itself */
function requireNone(description: unknown, file: string): void {
  if (description === undefined) return;
  throw new InputError(`${file} holds its layers itself; leave the description out`);
}

async function readTorchFile(bytes: Uint8Array, path: string, options: ReaderOptions): Promise<Network> {
  const { readTorch } = await import("./torch/read.js");
  return readTorch(bytes, { ...options, findDescription: () => descriptionBeside(path) });
}

/** A description is some lines for each layer. */
const largestDescriptionBytes = 2 ** 20;

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
  await requireModelFile(path);
  const ending = extname(path).toLowerCase();
  const reader = readers.get(ending);
  if (!reader) {
    throw new InputError(
      `loadModel: expected a file ending in ${[...readers.keys()].join(", ")}, got "${path}"; ` +
        `export the model to one of these`,
    );
  }
  const name = options.name ?? modelName(resolve(path));
  const network = await reader(await readFile(path), path, { ...options, name });
  return { ...network, ...(await modelNotes(path)) };
}
