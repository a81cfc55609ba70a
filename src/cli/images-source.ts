import type { Tensor } from "../he-ml/tensor/tensor.js";
import { properNames } from "../train/dataset.js";
import { loadTestImages } from "../train/load-dataset.js";

/** Images to classify, and what is known of them. */
export interface ImagesSource {
  /** `[n, …shape]`, of the model's shape or of another that becomes it. */
  readonly images: Tensor;
  /** What each image shows, where that is known. */
  readonly labels: readonly (number | null)[];
  /** How tables call each image. */
  readonly names: readonly string[];
  /** What each class is called, where that is more than its number. */
  readonly classNames?: readonly string[];
  /** The logits that the images came with, `[n, classes]`, if they did. */
  readonly expectedLogits?: Tensor;
}

/** Test images `index` to `index + count − 1`. @throws InputError if the dataset has no such images */
export async function datasetImages(
  dataset: string,
  index: number,
  count: number,
  directory?: string,
): Promise<ImagesSource> {
  const indices = Array.from({ length: count }, (_, i) => index + i);
  const { images, labels, classNames } = await loadTestImages(dataset, indices, { directory });
  return {
    images,
    labels: [...labels],
    names: indices.map(String),
    classNames: properNames(classNames),
  };
}
