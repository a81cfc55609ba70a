import { definitionOf } from "./layers.js";
import type { Network, NetworkLayer } from "./model.js";
import type { ReencryptionLayer } from "./reencryption.js";

/** What a layer computes, in one word: the function of an activation, and else its kind. */
export function layerOp(layer: NetworkLayer): string {
  return definitionOf(layer).op?.(layer) ?? layer.kind;
}

/** A kind of layer in words: `average pool`. */
export function kindInWords(kind: NetworkLayer["kind"]): string {
  return definitionOf({ kind }).noun ?? kind;
}

/** A layer in words, with its geometry: `convolutional 5×5, stride 1`. */
export function layerInWords(layer: NetworkLayer | ReencryptionLayer): string {
  if (layer.kind === "reencryption") return layer.kind;
  return kindInWords(layer.kind) + (definitionOf(layer).details?.(layer) ?? "");
}

/** A network's layers in order, as a model's card names them: `conv1 4@5×5 → square1 → …`. */
export function layersInWords({ layers }: Network): string {
  const brief = (layer: NetworkLayer) => definitionOf(layer).brief?.(layer) ?? "";
  return layers.map((layer) => [layer.name, brief(layer)].filter(Boolean).join(" ")).join(" → ");
}
