import * as z from "zod";
import { InputError } from "../errors.js";
import { maxAbs, sizeOf, zeros, type Shape, type Tensor } from "../tensor/tensor.js";
import { dataPrimes, roomBits, type SchemeParameters } from "./scheme-parameters.js";
import { requireSlotLayout, slotOfEachValue, type SlotLayout } from "./slot-layout.js";

/** The packings of layer-by-layer runs, in which all values of a ciphertext meet the same weight. */
export const layerPackings = ["scalar", "batch"] as const;
export const packings = [...layerPackings, "packed"] as const;

/**
 * How values are laid out in ciphertexts.
 *
 * - `scalar`: every value its own ciphertext, repeated in all slots
 * - `batch`: one ciphertext for each position of the image; slot = image, up to N / 2 images
 * - `packed`: one image in one or a few ciphertexts, its values side by side in their slots
 */
export type Packing = (typeof packings)[number];

/** Of the type that we name, as zod's name for it could not be written down where zod is not at hand. */
export const packingSchema: z.ZodType<Packing> = z.enum(packings);

/** How encrypted images lie in ciphertexts: what is known of them without the key. */
export interface EncryptedLayout {
  /** Shape of one image, without the batch axis. */
  readonly shape: Shape;
  readonly packing: Packing;
  readonly images: number;
  /** Which slot holds which value of an image; in packing `packed` and nowhere else. */
  readonly slotLayout?: SlotLayout;
}

/** How many ciphertexts hold images so laid out. @throws InputError if packing `packed` comes without a slot layout */
export function ciphertextCount({ packing, images, shape, slotLayout }: EncryptedLayout): number {
  if (packing === "packed") return images * given(slotLayout).length;
  return packing === "scalar" ? images * sizeOf(shape) : sizeOf(shape);
}

/** @throws InputError if ciphertexts of so many slots cannot hold images so laid out */
export function requireSlots({ packing, images, shape, slotLayout }: EncryptedLayout, slots: number): void {
  if (packing === "batch" && images > slots) {
    throw new InputError(
      `packing batch: expected at most ${slots} images, one a slot, got ${images}; run them in several batches`,
    );
  }
  if (packing === "packed") requireSlotLayout(given(slotLayout), sizeOf(shape), slots);
}

function given(slotLayout: SlotLayout | undefined): SlotLayout {
  if (slotLayout) return slotLayout;
  throw new InputError(
    `encrypted tensor: packing packed needs a slot layout; take it from the plan's client specification`,
  );
}

/** @throws InputError unless the scheme and its encoding have such a packing */
export function requirePacking(operation: string, parameters: SchemeParameters, packing: Packing): void {
  if (parameters.scheme === "ckks") return;
  if (packing === "packed") {
    throw new InputError(
      `${operation}: packing packed needs rotations, which BFV runs do without; use packing ` +
        `${parameters.encoding === "integers" ? "batch" : "scalar"}, or CKKS parameters`,
    );
  }
  if (packing === "batch" && parameters.encoding === "fractional") {
    throw new InputError(
      `${operation}: packing batch needs integers in slots, and the fractional encoding holds one value a ciphertext; ` +
        `use packing scalar, or parameters with encoding "integers"`,
    );
  }
}

/** A WASM memory ends at 4 GiB, and so does what a server could load of one tensor. */
const mostBytes = 2 ** 32;

/** @throws InputError unless images can be encoded at the top level with the inputs' scale, and sent */
export function requireEncodable(parameters: SchemeParameters, batch: Tensor, layout: EncryptedLayout): void {
  const { images, packing, shape } = layout;
  if (!packings.includes(packing)) {
    throw new InputError(`encrypt: expected packing ${packings.join(" or ")}, got ${String(packing)}`);
  }
  if (!(images > 0) || sizeOf(shape) === 0) {
    throw new InputError(
      `encrypt: expected a batch [n, …shape] of at least one image, got [${batch.shape.join(", ")}]`,
    );
  }
  requirePacking("encrypt", parameters, packing);
  requireSlots(layout, parameters.slots);
  const { levels, polyModulusDegree, scaleBits } = parameters;
  const bytes = ciphertextCount(layout) * dataPrimes(parameters, levels) * polyModulusDegree * 8;
  if (bytes > mostBytes) {
    throw new InputError(
      `encrypt: ${images} image(s) in packing ${packing} would take ${(bytes / 2 ** 30).toFixed(0)} GiB, ` +
        `at most 4 can be loaded; ${images > 1 ? "encrypt fewer at a time, or " : ""}` +
        `use packing ${packing === "scalar" ? "batch or packed" : "packed"}`,
    );
  }
  const largest = maxAbs(batch.data);
  // A bit for the sign; SEAL's CKKS encoder keeps another to spare.
  const room = roomBits(parameters, levels) - scaleBits - (parameters.scheme === "ckks" ? 2 : 1);
  if (!(Math.log2(largest) < room)) {
    throw new InputError(
      `encrypt: expected finite values below 2^${room.toFixed(0)} at a scale of 2^${scaleBits}, ` +
        `got ${largest}`,
    );
  }
}

/**
 * The slots of each ciphertext for a batch of images, one ciphertext after the other.
 *
 * @param batch `[n, …shape]`
 * @returns for each ciphertext one value repeated in all slots (`scalar`), n values (`batch`), or the values of one
 *   image where the slot layout wants them (`packed`)
 */
export function* pack(batch: Tensor, layout: EncryptedLayout, slots: number): Generator<Float64Array> {
  const { images, shape, packing } = layout;
  const size = sizeOf(shape);
  switch (packing) {
    case "scalar":
      for (const value of batch.data) yield new Float64Array(slots).fill(value);
      return;
    case "batch":
      for (let position = 0; position < size; position++) {
        yield Float64Array.from({ length: images }, (_, image) => batch.data[image * size + position]);
      }
      return;
    case "packed":
      for (let image = 0; image < images; image++) {
        for (const held of given(layout.slotLayout)) {
          yield Float64Array.from(held, (value) => (value < 0 ? 0 : batch.data[image * size + value]));
        }
      }
  }
}

/**
 * The inverse of `pack`.
 *
 * @param slotsOf the decoded slots of ciphertext `index`, asked for once each in ascending order
 * @returns `[images, …shape]`
 * @throws InputError if a value lies in no slot
 */
export function unpack(slotsOf: (index: number) => Float64Array, layout: EncryptedLayout): Tensor {
  const { images, shape, packing } = layout;
  const batch = zeros([images, ...shape]);
  const size = sizeOf(shape);
  if (packing === "packed") {
    const slotLayout = given(layout.slotLayout);
    const places = slotOfEachValue(slotLayout, size);
    for (let image = 0; image < images; image++) {
      const decoded = slotLayout.map((_, i) => slotsOf(image * slotLayout.length + i));
      places.forEach(({ ciphertext, slot }, value) => {
        batch.data[image * size + value] = decoded[ciphertext][slot];
      });
    }
    return batch;
  }
  for (let index = 0; index < ciphertextCount(layout); index++) {
    const values = slotsOf(index);
    if (packing === "scalar") batch.data[index] = values[0];
    else for (let image = 0; image < images; image++) batch.data[image * size + index] = values[image];
  }
  return batch;
}
