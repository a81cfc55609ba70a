import type { EncryptedLayout } from "he-ml";

/**
 * Ciphertexts as one encrypted tensor that holds a value in every slot, whatever they held before: decrypted, it gives all
 * slots in order.
 *
 * @param slots of one ciphertext
 */
export function allSlots(ciphertexts: number, slots: number): EncryptedLayout {
  const slotLayout = Array.from({ length: ciphertexts }, (_, index) =>
    Array.from({ length: slots }, (_, slot) => index * slots + slot),
  );
  return { packing: "packed", images: 1, shape: [ciphertexts * slots], slotLayout };
}

/** The slots of each ciphertext, of a tensor that holds all. */
export const byCiphertext = (data: ArrayLike<number>, slots: number): Float64Array[] =>
  Array.from({ length: data.length / slots }, (_, index) =>
    Float64Array.from({ length: slots }, (_, slot) => data[index * slots + slot]),
  );
