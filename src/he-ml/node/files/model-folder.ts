import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { InputError } from "../../errors.js";
import { modelNotes, noteFiles, type ModelNotes } from "../../formats/model-notes.js";
import { readJsonFile } from "./json-file.js";
import { packageRoot } from "./package-root.js";

/** The models that come with the package. */
const modelsFolder = join(packageRoot, "models");

/**
 * The file that a model is loaded from.
 *
 * @param model a model file, a folder with a `model.onnx`, or the name of a folder under `models/`
 * @throws InputError if there is no such model
 * @example await modelFile("lenet1") // …/models/lenet1/model.onnx
 */
export async function modelFile(model: string): Promise<string> {
  if (typeof model !== "string") {
    throw new InputError(
      `loadModel: expected a file, folder or name, got ${model === null ? "null" : typeof model}`,
    );
  }
  const status = await stat(model).catch(() => undefined);
  if (status && !status.isDirectory()) return model;
  for (const path of [join(model, "model.onnx"), join(modelsFolder, model, "model.onnx")]) {
    const candidate = await stat(path).catch(() => undefined);
    if (candidate?.isFile()) return path;
  }
  const names = (await modelNames()).join(", ");
  if (status) {
    throw new InputError(
      `loadModel: "${model}" is a directory without a model.onnx; name the file in it, or one of ${names}`,
    );
  }
  const isPath = model.includes("/") || extname(model) !== "";
  throw new InputError(
    isPath
      ? `loadModel: there is no file "${model}"; check the path, or give one of ${names}`
      : `loadModel: there is no model "${model}"; give a model file, or one of ${names}`,
  );
}

/** The models under `models/`. */
export async function modelNames(): Promise<string[]> {
  const entries = await readdir(modelsFolder, { withFileTypes: true });
  const names: string[] = [];
  for (const { name } of entries) {
    const status = await stat(join(modelsFolder, name, "model.onnx")).catch(() => undefined);
    if (status?.isFile()) names.push(name);
  }
  return names;
}

/** What a model is called if nobody says: by its file, or by its folder where every model's file is called `model`. */
export function modelName(path: string): string {
  const name = basename(path).replace(/\.[^.]+$/, "");
  return name === "model" ? basename(dirname(path)) : name;
}

/** What lies beside a model's file. @throws InputError if there is such a file and it cannot be used */
export async function notesBeside(path: string): Promise<ModelNotes> {
  const folder = dirname(path);
  const metrics = join(folder, noteFiles.metrics);
  const parameters = join(folder, noteFiles.parameters);
  return modelNotes(`loadModel: ${metrics}`, await readOptional(metrics), await readOptional(parameters));
}

async function readOptional(path: string): Promise<unknown> {
  const exists = await stat(path).catch(() => undefined);
  return exists && readJsonFile("loadModel", path);
}
