import { InputError } from "../he-ml/errors.js";
import { fitOf, fitted } from "../he-ml/model/fit-images.js";
import type { Model } from "../he-ml/model/model.js";
import type { Tensor } from "../he-ml/tensor/tensor.js";
import { loadTestImages } from "../train/load-dataset.js";

/**
 * Two images of the dataset that a model was trained on, to plan by; none where that is not at hand. The same model is
 * planned alike whatever images will be encrypted.
 */
export async function sampleImages({ dataset, inputShape }: Model): Promise<Tensor | undefined> {
  if (dataset === undefined) return undefined;
  try {
    const { images } = await loadTestImages(dataset, [0, 1]);
    const fit = fitOf(images.shape.slice(1), inputShape);
    return fit && fitted(images, fit, inputShape);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}
