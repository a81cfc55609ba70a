import type { LayerBase } from "./layer.js";

/** A point between two layers of a model at which values are encrypted afresh; not itself a layer of the model. */
export interface ReencryptionLayer extends LayerBase {
  readonly kind: "reencryption";
}
