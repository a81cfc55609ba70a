import { InputError } from "../errors.js";

/**
 * Where the values of one image lie, as plain JSON: for each ciphertext, slot by slot, the row-major position of the
 * value in it, or −1 where a slot holds none that counts. A value may lie in several slots.
 *
 * @example [[0, 1, 2, -1], [3, 4, 5, -1]] // six values in two ciphertexts of at least four slots
 */
export type SlotLayout = readonly ArrayLike<number>[];

/** A slot of one ciphertext among those of an image. */
export interface Place {
  readonly ciphertext: number;
  readonly slot: number;
}

/** @throws InputError unless the layout names values 0 to size − 1 only, in ciphertexts of at most `slots` slots */
export function requireSlotLayout(layout: SlotLayout, size: number, slots: number): void {
  if (layout.length === 0) throw new InputError(`slot layout: expected at least one ciphertext, got none`);
  for (const held of layout) {
    if (held.length > slots) {
      throw new InputError(`slot layout: expected at most ${slots} slots a ciphertext, got ${held.length}`);
    }
    for (let slot = 0; slot < held.length; slot++) {
      const value = held[slot];
      if (!Number.isInteger(value) || value < -1 || value >= size) {
        throw new InputError(
          `slot layout: expected positions from 0 to ${size - 1}, or -1 for none, got ${value} in slot ${slot}`,
        );
      }
    }
  }
}

/** The first slot that holds each value. @throws InputError if a value lies in no slot */
export function slotOfEachValue(layout: SlotLayout, size: number): readonly Place[] {
  const places: Place[] = [];
  layout.forEach((held, ciphertext) => {
    for (let slot = 0; slot < held.length; slot++) {
      if (held[slot] >= 0) places[held[slot]] ??= { ciphertext, slot };
    }
  });
  for (let value = 0; value < size; value++) {
    if (!places[value]) throw new InputError(`slot layout: value ${value} of ${size} lies in no slot`);
  }
  return places;
}

/** @throws InputError unless both layouts put the same values into the same slots; slots behind the last value may be left out */
export function requireSameSlotLayout(layout: SlotLayout | undefined, expected: SlotLayout): void {
  if (layout?.length !== expected.length) {
    throw new InputError(
      `slot layout: expected ${expected.length} ciphertext(s) an image, got ${layout?.length ?? "none"}; ` +
        `encrypt with the client specification of the same plan`,
    );
  }
  layout.forEach((held, ciphertext) => {
    const wanted = expected[ciphertext];
    for (let slot = 0; slot < Math.max(held.length, wanted.length); slot++) {
      const [value, other] = [held[slot] ?? -1, wanted[slot] ?? -1];
      if (value !== other) {
        throw new InputError(
          `slot layout: slot ${slot} of ciphertext ${ciphertext} holds value ${value}, expected ${other} (-1 is none): ` +
            `it is the layout of another plan; encrypt with the client specification of this one`,
        );
      }
    }
  });
}
