import { requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import { ModelError } from "../model/model-error.js";
import type { Model, Network } from "../model/model.js";
import { encryptableModel } from "../model/unsupported-layers.js";
import { largestDescriptionBytes, largestFileBytes } from "./limits.js";
import { modelNotes, noteFiles } from "./model-notes.js";
import { parseJson } from "./parse-json.js";
import { endingOf, modelEndings, readerOf, type LoadModelOptions, type Siblings } from "./read-network.js";

/**
 * The bytes of a model's file and of what lies beside it, each under its name: as `loadModel` finds them in a folder.
 *
 * @example { "model.onnx": bytes, "metrics.json": ranges, "parameters.json": chain }
 * @example { "net.pt": bytes, "net.layers.json": description }
 * @example { "model.json": topology, "group1-shard1of1.bin": weights }
 */
export type ModelFiles = Readonly<Record<string, Uint8Array>>;

/**
 * Reads a model that can be encrypted from bytes: what `readNetwork` reads, and nothing else in it.
 *
 * @throws UnsupportedLayersError naming every layer that cannot be encrypted, and what to put in its place
 * @throws InputError as `readNetwork` does
 * @example
 * const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
 * const model = await readModel({ "lenet1.onnx": await bytes("model.onnx"), "metrics.json": await bytes("metrics.json") });
 */
export async function readModel(files: ModelFiles, options: LoadModelOptions = {}): Promise<Model> {
  return encryptableModel(await readNetwork(files, options));
}

/**
 * Reads a model from bytes, with the reader for its file's ending: `.onnx`, PyTorch's `.pt` and `.pth`, `.safetensors`,
 * or a tfjs `model.json`; with the weights in other files that it names, and what is beside it: value ranges, class
 * names and dataset from `metrics.json`, CKKS parameters from `parameters.json`, the layers of a file of weights alone
 * from `NAME.layers.json`. The network may hold layers that run on plain values only, such as ReLU.
 *
 * @throws InputError if there is not one model's file among them, a file is missing or is larger than 1 GiB, or the
 *   model cannot be used
 */
export async function readNetwork(files: ModelFiles, options: LoadModelOptions = {}): Promise<Network> {
  requireFiles(files);
  requireOptions("readModel", options);
  const file = modelFileOf(Object.keys(files));
  const reader = readerOf("readModel", file);
  const stem = file.slice(0, -endingOf(file).length);
  const network = await reader(files[file], siblings(files, file, stem), {
    ...options,
    name: options.name ?? stem,
  });
  const { metrics, parameters } = noteFiles;
  const notes = modelNotes(`readModel: ${metrics}`, jsonOf(files, metrics), jsonOf(files, parameters));
  return { ...network, ...notes };
}

function requireFiles(files: unknown): asserts files is ModelFiles {
  if (typeof files !== "object" || files === null || ArrayBuffer.isView(files)) {
    throw new InputError(
      `readModel: expected files by their names, as { "model.onnx": bytes }; give each file's bytes under its name`,
    );
  }
  for (const [name, bytes] of Object.entries(files)) {
    if (!(bytes instanceof Uint8Array)) {
      throw new InputError(`readModel: "${name}": expected bytes (a Uint8Array), got ${typeof bytes}`);
    }
    if (bytes.length > largestFileBytes) {
      throw new InputError(
        `readModel: expected a file of at most 1 GiB, but "${name}" has ${bytes.length} bytes`,
      );
    }
  }
}

const descriptionEnding = ".layers.json";

/** The one file that is a model's: a JSON file only where there is no other. @throws InputError if there are none or several */
function modelFileOf(names: readonly string[]): string {
  const candidates = names.filter(
    (name) =>
      modelEndings.includes(endingOf(name)) &&
      !name.endsWith(descriptionEnding) &&
      !Object.values<string>(noteFiles).includes(name),
  );
  const binary = candidates.filter((name) => endingOf(name) !== ".json");
  const models = binary.length > 0 ? binary : candidates;
  if (models.length === 1) return models[0];
  throw new InputError(
    `readModel: expected one model's file, which ends in ${modelEndings.join(", ")}, got ` +
      `${models.length === 0 ? "none" : models.map((name) => `"${name}"`).join(" and ")}; give one model at a time`,
  );
}

function siblings(files: ModelFiles, file: string, stem: string): Siblings {
  return {
    weights(location) {
      const bytes = bytesOf(files, location.replace(/^(?:\.\/)+/, ""));
      if (bytes) return bytes;
      throw new ModelError(
        `readModel: "${file}" keeps its weights in ${JSON.stringify(location)}, which was not given; ` +
          `give its bytes under this name too`,
      );
    },
    description() {
      const name = stem + descriptionEnding;
      if ((bytesOf(files, name)?.length ?? 0) > largestDescriptionBytes) {
        throw new ModelError(`readModel: expected a description of at most 1 MiB in "${name}"`);
      }
      return jsonOf(files, name);
    },
  };
}

const bytesOf = (files: ModelFiles, name: string) => (Object.hasOwn(files, name) ? files[name] : undefined);

function jsonOf(files: ModelFiles, name: string): unknown {
  const bytes = bytesOf(files, name);
  return bytes && parseJson(`readModel: "${name}"`, new TextDecoder().decode(bytes));
}
