import { requireOptions } from "../arguments.js";
import { reshape, sizeOf, type Shape } from "../tensor/tensor.js";
import type { LayerBase, LayerDefinition } from "./layer.js";

/** PyTorch's `Flatten` from axis 1 on: `[n, c, h, w]` → `[n, c·h·w]`. */
export interface FlattenLayer extends LayerBase {
  readonly kind: "flatten";
}

export function flattenLayer(options: { readonly name?: string } = {}): FlattenLayer {
  const { name = "flatten" } = requireOptions("flatten", options);
  return { kind: "flatten", name };
}

const outputShape = (_layer: FlattenLayer, inputShape: Shape): Shape => [sizeOf(inputShape)];

/** No value moves, so that nothing is computed: there are no rows. */
export const flatten: LayerDefinition<FlattenLayer> = {
  make: flattenLayer,
  outputShape,
  forward: (layer, batch) => reshape(batch, [batch.shape[0], ...outputShape(layer, batch.shape.slice(1))]),
};
