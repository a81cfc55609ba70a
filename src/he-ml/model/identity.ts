import { requireOptions } from "../arguments.js";
import type { LayerBase, LayerDefinition } from "./layer.js";

/**
 * What is left of a module that changes no value, such as PyTorch's `Dropout`, or that was folded into another: it
 * holds the module's place, so that layers keep the numbers that they have where the network comes from.
 */
export interface IdentityLayer extends LayerBase {
  readonly kind: "identity";
}

export function identityLayer(options: { readonly name?: string } = {}): IdentityLayer {
  const { name = "identity" } = requireOptions("identity", options);
  return { kind: "identity", name };
}

export const identity: LayerDefinition<IdentityLayer> = {
  make: identityLayer,
  outputShape: (_layer, inputShape) => inputShape,
  forward: (_layer, batch) => batch,
};
