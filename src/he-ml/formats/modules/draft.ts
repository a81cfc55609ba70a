import type { NetworkLayer } from "../../model/model.js";
import type { Shape } from "../../tensor/tensor.js";
import type { Affine } from "./batch-norm.js";

/** How many axes an image has beside its channels. */
export type Dimensions = 1 | 2;

/** A layer that depends on the shape of its input. */
export interface ShapedLayer {
  readonly kind: "shaped";
  readonly name: string;
  readonly at: (inputShape: Shape) => NetworkLayer;
  /** How many features it takes, where it says so. */
  readonly takesFeatures?: number;
}

/** What a module becomes before the shape of its input is known. */
export type Draft = NetworkLayer | ShapedLayer | Affine;
