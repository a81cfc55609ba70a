import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { InputError } from "../he-ml/errors.js";
import { loadNetwork, type LoadModelOptions } from "../he-ml/formats/load-model.js";
import type { Model, Network } from "../he-ml/model/model.js";
import { encryptableModel } from "../he-ml/model/unsupported-layers.js";
import type { ValueRange } from "../he-ml/model/value-range.js";
import { readJsonFile } from "./files.js";
import { packageRoot } from "./package-root.js";

/** A network, and what lies beside it in its folder. */
export interface NetworkSource {
  readonly network: Network;
  /** The file itself. */
  readonly path: string;
  /** Unchecked contents of `parameters.json`, if there is one. */
  readonly parameters?: unknown;
  /** Ranges of each layer's values, from `metrics.json`, if there is one. */
  readonly valueRanges?: readonly ValueRange[];
  /** Name of the dataset it was trained on, from `metrics.json`. */
  readonly dataset?: string;
  /** What each output stands for, from `metrics.json`, if it says so. */
  readonly classNames?: readonly string[];
}

/** The same, where every layer can be encrypted. */
export interface ModelSource extends Omit<NetworkSource, "network"> {
  readonly model: Model;
}

const metricsSchema = z
  .object({
    dataset: z.string().optional(),
    classNames: z.array(z.string()).optional(),
    valueRanges: z.array(z.object({ name: z.string(), min: z.number(), max: z.number() })).optional(),
  })
  .optional();

const modelsFolder = join(packageRoot, "models");

/**
 * Finds what `--model M` means: a model file, a folder with a `model.onnx`, or the name of a folder under `models/`.
 *
 * @param options what a file of PyTorch's does not say
 * @throws InputError if there is no such model, or it cannot be encrypted
 */
export async function findModel(name: string, options: FileOptions = {}): Promise<ModelSource> {
  const { network, ...source } = await findNetwork(name, options);
  return { model: encryptableModel(network), ...source };
}

/** What a file of PyTorch's does not say. */
type FileOptions = Pick<LoadModelOptions, "inputShape">;

/**
 * As {@link findModel}, with layers that run on plain values only.
 *
 * @throws InputError if there is no such model, or it cannot be used
 */
export async function findNetwork(name: string, options: FileOptions = {}): Promise<NetworkSource> {
  const path = resolve(await modelPath(name));
  const folder = dirname(path);
  const ownName = /model\.(onnx|json)$/.test(path) ? { name: basename(folder) } : {};
  const network = await loadNetwork(path, { ...options, ...ownName });
  const metrics = metricsSchema.safeParse(await readOptional(join(folder, "metrics.json")));
  if (!metrics.success) {
    const [{ path: where, message }] = metrics.error.issues;
    throw new InputError(
      `--model: ${join(folder, "metrics.json")}: ${where.join(".") || "the whole"}: ${message}; train the model again`,
    );
  }
  return {
    network,
    path,
    parameters: await readOptional(join(folder, "parameters.json")),
    valueRanges: metrics.data?.valueRanges,
    dataset: metrics.data?.dataset,
    classNames: metrics.data?.classNames,
  };
}

async function modelPath(name: string): Promise<string> {
  const status = await stat(name).catch(() => undefined);
  if (status?.isFile()) return name;
  for (const path of [join(name, "model.onnx"), join(modelsFolder, name, "model.onnx")]) {
    const candidate = await stat(path).catch(() => undefined);
    if (candidate?.isFile()) return path;
  }
  throw new InputError(
    `--model: there is no model "${name}"; give a model file, or one of ${(await modelNames()).join(", ")}`,
  );
}

async function modelNames(): Promise<string[]> {
  const entries = await readdir(modelsFolder, { withFileTypes: true });
  const names: string[] = [];
  for (const { name } of entries) {
    const status = await stat(join(modelsFolder, name, "model.onnx")).catch(() => undefined);
    if (status?.isFile()) names.push(name);
  }
  return names;
}

async function readOptional(path: string): Promise<unknown> {
  const exists = await stat(path).catch(() => undefined);
  return exists && readJsonFile("--model", path);
}
