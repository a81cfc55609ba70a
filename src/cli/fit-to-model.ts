import { fitOf, fitted } from "../he-ml/model/fit-images.js";
import type { Shape, Tensor } from "../he-ml/tensor/tensor.js";

/**
 * Images as the model takes them, where only the shape is another; said once. What does not fit comes back as it is, to be
 * refused by what takes it.
 *
 * @param images `[n, …shape]`
 */
export function fitToModel(images: Tensor, modelShape: Shape, warn: (message: string) => void): Tensor {
  const [, ...shape] = images.shape;
  if (shape.join() === modelShape.join()) return images;
  const fit = fitOf(shape, modelShape);
  if (!fit) return images;
  warn(`each image was ${fit.how}, as the model takes it`);
  return fitted(images, fit, modelShape);
}
