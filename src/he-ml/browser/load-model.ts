import { requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import { noteFiles } from "../formats/model-notes.js";
import { endingOf, modelEndings, type LoadModelOptions } from "../formats/read-network.js";
import { readNetwork } from "../formats/read-model.js";
import type { Model, Network } from "../model/model.js";
import { encryptableModel } from "../model/unsupported-layers.js";
import { fetchBytes, fetchBytesIfThere, pageAddress } from "./fetch-bytes.js";

/** Endings of files that do not say their layers: `NAME.layers.json` beside them may. */
const weightsAlone: readonly string[] = [".pt", ".pth", ".safetensors"];

const advice = "serve it there, or the package's models folder beside the script";

/** This script, or the one that it was bundled into. */
const script = import.meta.url;

/**
 * Loads a model that can be encrypted: what `loadNetwork` loads, and nothing else in it.
 *
 * @throws UnsupportedLayersError naming every layer that cannot be encrypted, and what to put in its place
 * @throws InputError as `loadNetwork` does
 * @example const model = await loadModel("lenet1"); // models/lenet1/model.onnx, beside the script
 */
export async function loadModel(model: string | URL, options: LoadModelOptions = {}): Promise<Model> {
  return encryptableModel(await loadNetwork(model, options));
}

/**
 * Fetches a model, and what lies beside its file: value ranges, class names and dataset from `metrics.json`, CKKS parameters
 * from `parameters.json`, the layers of a file of weights alone from `NAME.layers.json`; the reader is that for the file's ending,
 * as `readNetwork` has them.
 *
 * @param model the address of a file, or of a folder with a `model.onnx`, which ends in `/`; or the name of a folder under `models/`
 *   beside the script, where the package's own models are served
 * @throws InputError if it is no address, its ending is unknown, a file cannot be fetched, or the model in it cannot be used; if the
 *   model keeps its weights in further files, which `readNetwork` takes as bytes
 * @example const network = await loadNetwork("https://example.org/models/mine/")
 */
export async function loadNetwork(model: string | URL, options: LoadModelOptions = {}): Promise<Network> {
  requireOptions("loadModel", options);
  const address = modelAddress(model);
  const file = fileOf(address);
  const ending = endingOf(file);
  if (!modelEndings.includes(ending)) {
    throw new InputError(
      `loadModel: expected a file that ends in ${modelEndings.join(", ")}, or a folder, which ends in /, got "${address.href}"`,
    );
  }
  const stem = file.slice(0, -ending.length);
  const beside = [
    ...Object.values(noteFiles),
    ...(weightsAlone.includes(ending) && options.description === undefined ? [`${stem}.layers.json`] : []),
  ];
  const [bytes, ...notes] = await Promise.all([
    fetchBytes("loadModel", address, advice),
    ...beside.map((name) => fetchBytesIfThere("loadModel", new URL(name, address), advice)),
  ]);
  const files = [[file, bytes] as const, ...beside.map((name, i) => [name, notes[i]] as const)];
  const found = files.filter((entry): entry is readonly [string, Uint8Array] => entry[1] !== undefined);
  const name = options.name ?? (stem === "model" ? (folderOf(address) ?? stem) : stem);
  return readNetwork(Object.fromEntries(found), { ...options, name });
}

/**
 * The address of a model's file.
 *
 * @param model as `loadNetwork` takes it
 * @throws InputError if it is none
 */
export function modelAddress(model: unknown): URL {
  if (typeof model !== "string" && !(model instanceof URL)) {
    throw new InputError(`loadModel: expected an address or a name, got ${typeof model}`);
  }
  const written = String(model);
  const isName = /^[\w-]+$/.test(written);
  const address = isName
    ? new URL(`models/${written}/model.onnx`, script)
    : URL.parse(written, pageAddress());
  if (address === null) {
    throw new InputError(
      `loadModel: "${written}" is no address here; give the whole of it, as https://example.org/model.onnx`,
    );
  }
  return address.pathname.endsWith("/") ? new URL("model.onnx", address) : address;
}

const fileOf = ({ pathname }: URL) => decoded(pathname.split("/").at(-1)!);

function folderOf({ pathname }: URL): string | undefined {
  const folder = pathname.split("/").at(-2);
  return folder ? decoded(folder) : undefined;
}

/** As it is where it is not the UTF-8 that addresses are written in. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
