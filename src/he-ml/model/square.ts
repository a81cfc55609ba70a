import { requireOptions } from "../arguments.js";
import type { LayerBase, LayerDefinition } from "./layer.js";

/** The activation x². The only non-linear step that CKKS computes with a single multiplication. */
export interface SquareLayer extends LayerBase {
  readonly kind: "square";
}

export function squareLayer(options: { readonly name?: string } = {}): SquareLayer {
  const { name = "square" } = requireOptions("square", options);
  return { kind: "square", name };
}

export const square: LayerDefinition<SquareLayer> = {
  make: squareLayer,
  outputShape: (_layer, inputShape) => inputShape,
  forward: (_layer, batch) => ({ shape: batch.shape, data: batch.data.map((value) => value * value) }),
  depth: () => ({ ciphertext: 1, total: 1 }),
  brief: ({ name }) => (name.includes("square") ? "" : "(square)"),
};
