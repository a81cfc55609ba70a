import { InputError } from "../../errors.js";
import { layerShapes, type Model } from "../../model/model.js";
import { UnsupportedLayersError } from "../../model/unsupported-layers.js";
import type { ModelSummary } from "../../network/protocol.js";
import { activationOf } from "../../planner/stages/activation.js";
import type { ModelReference } from "../engine/engine-types.js";
import { loadModel } from "../files/load-model.js";
import { modelFile, modelNames } from "../files/model-folder.js";
import type { ServedModelConfig } from "./config.js";
import { HttpError } from "./http-error.js";

/** A model that is served: where workers find it, and what clients are told of it. */
export interface ServedModel {
  readonly reference: ModelReference;
  readonly summary: ModelSummary;
  /** Numbers of the layers that multiply ciphertexts, and so need relinearization keys. */
  readonly multiplying: readonly number[];
}

/** What the original's clients call the model for handwritten digits. */
const usualAliases: Readonly<Record<string, readonly string[]>> = { lenet1: ["MNIST"] };

/** The models of a server, by their names in any case. */
export class Models {
  readonly #byName = new Map<string, ServedModel>();

  private constructor(readonly all: readonly ServedModel[]) {
    for (const served of all) {
      const { net, aliases } = served.summary;
      for (const name of [net, ...aliases]) {
        const other = this.#byName.get(name.toLowerCase());
        if (other && other !== served) {
          throw new InputError(
            `serve: models "${other.summary.net}" and "${net}" are both called "${name}"; rename one`,
          );
        }
        this.#byName.set(name.toLowerCase(), served);
      }
    }
  }

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

  /** @throws HttpError unknown-model, which names those that there are */
  find(net: string): ServedModel {
    const found = this.#byName.get(net.toLowerCase());
    if (found) return found;
    const names = this.all.map(({ summary }) => summary.net).join(", ");
    throw new HttpError("unknown-model", `net: expected one of ${names}, got ${JSON.stringify(net)}`);
  }
}

async function served(config: ServedModelConfig): Promise<ServedModel> {
  const { name: net, path = net, aliases, reencryptPositions } = config;
  const model = await loadModel(path);
  const outside = reencryptPositions.find((position) => position < 1 || position >= model.layers.length);
  if (outside !== undefined) {
    throw new InputError(
      `serve: model "${net}": reencryptPositions: expected layers within 1–${model.layers.length - 1}, got ${outside}`,
    );
  }
  return {
    reference: { net, path: await modelFile(path) },
    summary: { net, aliases, ...summaryOf(model), reencryptPositions },
    multiplying: model.layers.flatMap((layer, index) => (activationOf(layer) ? [index] : [])),
  };
}

function summaryOf(model: Model): Omit<ModelSummary, "net" | "aliases" | "reencryptPositions"> {
  const { inputShape, layers, classNames } = model;
  const shapes = layerShapes(model);
  return {
    inputShape,
    outputShape: shapes.at(-1)!,
    layers: layers.map(({ name, kind }, index) => ({ index, name, kind, outputShape: shapes[index + 1] })),
    ...(classNames && { classNames }),
  };
}
