import { InputError } from "../errors.js";
import { layerShapes, type Model } from "../model/model.js";
import type { ModelSummary } from "../network/protocol.js";
import { activationOf } from "../planner/stages/activation.js";
import type { ModelReference } from "../engine/engine-types.js";
import type { ServedModelConfig } from "./config.js";
import { HttpError } from "./http-error.js";

/** A model that is served: where workers find it, and what clients are told of it. */
export interface ServedModel {
  readonly reference: ModelReference;
  readonly summary: ModelSummary;
  /** Numbers of the layers that multiply ciphertexts, and so need relinearization keys. */
  readonly multiplying: readonly number[];
}

/** The models of a server, by their names in any case. */
export class ServedModels {
  readonly #byName = new Map<string, ServedModel>();

  /** @throws InputError if two have one name */
  constructor(readonly all: readonly ServedModel[]) {
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

  /** @throws HttpError unknown-model, which names those that there are */
  find(net: string): ServedModel {
    const found = this.#byName.get(net.toLowerCase());
    if (found) return found;
    const names = this.all.map(({ summary }) => summary.net).join(", ");
    throw new HttpError("unknown-model", `net: expected one of ${names}, got ${JSON.stringify(net)}`);
  }
}

/**
 * What is told of a model, which lies at a path.
 *
 * @throws InputError if it has no layers where its owner wants values encrypted afresh
 */
export function servedModel(config: ServedModelConfig, model: Model, path: string): ServedModel {
  const { name: net, aliases, reencryptPositions } = config;
  const outside = reencryptPositions.find((position) => position < 1 || position >= model.layers.length);
  if (outside !== undefined) {
    throw new InputError(
      `serve: model "${net}": reencryptPositions: expected layers within 1–${model.layers.length - 1}, got ${outside}`,
    );
  }
  return {
    reference: { net, path },
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
