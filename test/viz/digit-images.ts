import type { DigitImage } from "../../src/viz/digits.js";

/** A slanted stroke of ink, a different one for each seed. */
export function digitImage(seed: number, predicted: number, label?: number): DigitImage {
  const pixels = Array.from({ length: 28 * 28 }, (_, index) => {
    const [row, column] = [Math.floor(index / 28), index % 28];
    const inside = row >= 4 && row < 24;
    const distance = Math.abs(column - 8 - seed - ((row - 4) * (seed % 5)) / 10);
    return inside ? Math.max(0, 1 - distance / 3) : 0;
  });
  return { pixels, predicted, label };
}
