import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { checkConfig, type ServeConfig, type ServedModelConfig } from "../../rest/config.js";
import { readJsonFile } from "../files/json-file.js";

/**
 * Reads the file of `--config`; models' paths in it are relative to its folder.
 *
 * @throws InputError if it is missing, no JSON, or a field in it is missing, unknown or out of range
 */
export async function readConfig(path: string): Promise<ServeConfig> {
  const what = `--config: "${path}"`;
  const config = checkConfig(what, await readJsonFile("--config", path));
  const models = config.models && (await Promise.all(config.models.map((model) => placed(model, path))));
  return { ...config, models };
}

async function placed(model: ServedModelConfig, configPath: string): Promise<ServedModelConfig> {
  if (model.path === undefined) return model;
  const path = resolve(dirname(configPath), model.path);
  const isThere = await stat(path).catch(() => undefined);
  return isThere ? { ...model, path } : model;
}
