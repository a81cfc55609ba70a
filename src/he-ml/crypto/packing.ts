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

/** @throws InputError if there are more images than slots to hold them */
export function requireSlots(packing: Packing, images: number, slots: number): void {
  if (packing === "batch" && images > slots) {
    throw new InputError(
      `packing batch: expected at most ${slots} images, one a slot, got ${images}; run them in several batches`,
    );
  }
}

/** A WASM memory ends at 4 GiB, and so does what a server could load of one tensor. */
const mostBytes = 2 ** 32;

/** @throws InputError unless images can be encoded at the top level with the inputs' scale, and sent */
export function requireEncodable(parameters: CkksParameters, batch: Tensor, packing: Packing): void {
  const [images, ...shape] = batch.shape;
  if (!packings.includes(packing)) {
    throw new InputError(`encrypt: expected packing ${packings.join(" or ")}, got ${String(packing)}`);
  }
  if (!(images > 0) || sizeOf(shape) === 0) {
    throw new InputError(
      `encrypt: expected a batch [n, …shape] of at least one image, got [${batch.shape.join(", ")}]`,
    );
  }
  requireSlots(packing, images, parameters.slots);
  const bytes =
    ciphertextCount(packing, images, shape) * parameters.levels * parameters.polyModulusDegree * 8;
  if (bytes > mostBytes) {
    throw new InputError(
      `encrypt: ${images} image(s) in packing ${packing} would take ${(bytes / 2 ** 30).toFixed(0)} GiB, ` +
        `at most 4 can be loaded; encrypt fewer at a time` +
        (packing === "scalar" ? ", or use packing batch" : ""),
    );
  }
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
 * The slots of each ciphertext for a batch of images, one ciphertext after the other.
 *
 * @param batch `[n, …shape]`
 * @returns for each ciphertext one value repeated in all slots (`scalar`), or n values (`batch`)
 */
export function* pack(batch: Tensor, packing: Packing, slots: number): Generator<Float64Array> {
  const [images, ...shape] = batch.shape;
  if (packing === "scalar") {
    for (const value of batch.data) yield new Float64Array(slots).fill(value);
    return;
  }
  const size = sizeOf(shape);
  for (let position = 0; position < size; position++) {
    yield Float64Array.from({ length: images }, (_, image) => batch.data[image * size + position]);
  }
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
