import { definitionOf } from "./layers.js";
import type { NetworkLayer } from "./model.js";
import type { ReencryptionLayer } from "./reencryption.js";

/** How many trained numbers a layer holds: weights and biases, or a polynomial's coefficients. */
export function parameterCount(layer: NetworkLayer | ReencryptionLayer): number {
  return isReencryption(layer) ? 0 : (definitionOf(layer).parameters?.(layer) ?? 0);
}

const isReencryption = (layer: NetworkLayer | ReencryptionLayer): layer is ReencryptionLayer =>
  (layer as ReencryptionLayer | undefined)?.kind === "reencryption";
