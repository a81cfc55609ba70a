import { UnsupportedLayersError } from "../../model/unsupported-layers.js";
import type { ServedModelConfig } from "../../rest/config.js";
import { ServedModels, servedModel, type ServedModel } from "../../rest/models.js";
import { loadModel } from "../files/load-model.js";
import { modelFile, modelNames } from "../files/model-folder.js";

/** What the original's clients call the model for handwritten digits. */
const usualAliases: Readonly<Record<string, readonly string[]>> = { lenet1: ["MNIST"] };

/** The models of a server, from files. */
export class Models extends ServedModels {
  /**
   * Reads each model once, for what clients are told of it.
   *
   * @param configured all under `models/` that can be encrypted if left out
   * @throws InputError if one cannot be read or encrypted, or two have one name
   */
  static async load(configured?: readonly ServedModelConfig[]): Promise<Models> {
    if (configured) return new Models(await Promise.all(configured.map(served)));
    const names = await modelNames();
    const found = await Promise.all(
      names.sort().map((name) =>
        served({ name, aliases: usualAliases[name] ?? [], reencryptPositions: [] }).catch(
          (error: unknown) => {
            if (error instanceof UnsupportedLayersError) return undefined;
            throw error;
          },
        ),
      ),
    );
    return new Models(found.filter((model) => model !== undefined));
  }
}

async function served(config: ServedModelConfig): Promise<ServedModel> {
  const { path = config.name } = config;
  const model = await loadModel(path);
  return servedModel(config, model, await modelFile(path));
}
