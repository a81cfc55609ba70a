import type { Model } from "../he-ml/model/model.js";
import type { Tensor } from "../he-ml/tensor/tensor.js";

/** Numbers as encoding at such a scale rounds them, one for all slots: to whole multiples of 1 / scale. */
export const rounded = ({ shape, data }: Tensor, scaleBits: number): Tensor => ({
  shape,
  data: data.map((value) => Math.round(value * 2 ** scaleBits) / 2 ** scaleBits),
});

/** The model with its weights rounded as packings layer by layer encode them; biases stand at far larger scales, and are left. */
export function withRoundedWeights(model: Model, weightScaleBits: number): Model {
  const layers = model.layers.map((layer) =>
    layer.kind === "convolutional" || layer.kind === "linear"
      ? { ...layer, weights: rounded(layer.weights, weightScaleBits) }
      : layer,
  );
  return { ...model, layers };
}
