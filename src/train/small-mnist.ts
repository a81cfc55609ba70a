import type { Dataset } from "./dataset.js";

/** MNIST at half its size and without its margin: small enough for one ciphertext a pixel under BFV. */
export const smallMnist = "mnist-12x12";

const rows = 28;
const cut = 12;

/** Images of 28×28 made 14×14, each pixel the rounded mean of 2×2, of which the outermost ring is cut off. */
export function cutTo12(dataset: Dataset): Dataset {
  const { count, values } = dataset.images;
  const smaller = new Uint8Array(count * cut * cut);
  for (let image = 0; image < count; image++) {
    for (let i = 0; i < cut; i++) {
      for (let j = 0; j < cut; j++) {
        const corner = (image * rows + 2 * (i + 1)) * rows + 2 * (j + 1);
        const sum = values[corner] + values[corner + 1] + values[corner + rows] + values[corner + rows + 1];
        smaller[(image * cut + i) * cut + j] = Math.round(sum / 4);
      }
    }
  }
  return {
    ...dataset,
    name: smallMnist,
    images: { ...dataset.images, shape: [1, cut, cut], values: smaller },
  };
}
