import { InputError } from "../errors.js";
import { maxAbs, sizeOf, zeros, type Shape, type Tensor } from "../tensor/tensor.js";
import { modulusBits, type CkksParameters } from "./parameters.js";

/**
 * How values are laid out in ciphertexts.
 *
 * - `scalar`: every value its own ciphertext, repeated in all slots
 * - `batch`: one ciphertext for each position of the image; slot = image, up to N / 2 images
 */
export type Packing = "scalar" | "batch";

export const packings: readonly Packing[] = ["scalar", "batch"];

/** How many ciphertexts hold `images` images of `shape`. */
export function ciphertextCount(packing: Packing, images: number, shape: Shape): number {
  return packing === "scalar" ? images * sizeOf(shape) : sizeOf(shape);
}

/** @throws InputError unless images can be encoded at the top level with the inputs' scale */
export function requireEncodable(parameters: CkksParameters, batch: Tensor): void {
  const largest = maxAbs(batch.data);
  // SEAL's encoder keeps a bit for the sign and another to spare.
  const room = modulusBits(parameters, parameters.levels) - parameters.scaleBits - 2;
  if (!(Math.log2(largest) < room)) {
    throw new InputError(
      `encrypt: expected finite values below 2^${room.toFixed(0)} at a scale of 2^${parameters.scaleBits}, ` +
        `got ${largest}`,
    );
  }
}

/**
 * The slots of each ciphertext for a batch of images.
 *
 * @param batch `[n, …shape]`
 * @returns one array a ciphertext: a single value for `scalar` (meant for every slot), n values for `batch`
 * @throws InputError if the batch has more images than slots
 */
export function pack(batch: Tensor, packing: Packing, slots: number): Float64Array[] {
  const [images, ...shape] = batch.shape;
  if (packing === "scalar") return Array.from(batch.data, (value) => Float64Array.of(value));
  if (images > slots) {
    throw new InputError(
      `packing batch: expected at most ${slots} images, one a slot, got ${images}; run them in several batches`,
    );
  }
  const size = sizeOf(shape);
  return Array.from({ length: size }, (_, position) =>
    Float64Array.from({ length: images }, (_, image) => batch.data[image * size + position]),
  );
}

/**
 * The inverse of `pack`.
 *
 * @param slotsOf the decoded slots of ciphertext `index`
 * @returns `[images, …shape]`
 */
export function unpack(
  slotsOf: (index: number) => Float64Array,
  packing: Packing,
  images: number,
  shape: Shape,
): Tensor {
  const batch = zeros([images, ...shape]);
  const size = sizeOf(shape);
  for (let index = 0; index < ciphertextCount(packing, images, shape); index++) {
    const values = slotsOf(index);
    if (packing === "scalar") batch.data[index] = values[0];
    else for (let image = 0; image < images; image++) batch.data[image * size + index] = values[image];
  }
  return batch;
}
