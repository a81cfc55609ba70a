import type { Pair } from "../../model/layer.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import {
  imageExtent,
  planesLayout,
  powerOfTwoAtLeast,
  slotsOfImage,
  type ImageLayout,
} from "../layout/image-layout.js";
import type { ImageShape } from "./stage-geometry.js";

/** What ciphertexts there are for an image. */
export interface InputRoom {
  readonly slots: number;
  /** Input ciphertexts that a client may be asked to send for one image. */
  readonly mostInputCiphertexts: number;
}

/** How a client may pack an image, slot by slot and as an image layout. */
export interface InputLayout {
  readonly slotLayout: FullSlotLayout;
  readonly imageLayout: ImageLayout;
}

/**
 * An image as it is, plane by plane, in as many ciphertexts as it takes: rows and planes side by side, and also padded to
 * powers of two, which makes them repeat evenly and lets sums over them leave copies. None where it does not fit.
 */
export function plainInputLayouts(
  shape: ImageShape,
  phases: Pair,
  { slots, mostInputCiphertexts }: InputRoom,
): InputLayout[] {
  const [, height, width] = shape;
  const [rows, columns] = [Math.ceil(height / phases[0]), Math.ceil(width / phases[1])];
  const inputs: InputLayout[] = [];
  for (const padded of [(size: number) => size, powerOfTwoAtLeast]) {
    const rowStride = padded(columns);
    const imageLayout = planesLayout({ shape, phases, rowStride, plane: padded(rows * rowStride), slots });
    if (!imageLayout || imageExtent(imageLayout) > slots) continue;
    const slotLayout = slotsOfImage(imageLayout, slots);
    if (slotLayout.length <= mostInputCiphertexts) inputs.push({ slotLayout, imageLayout });
  }
  return inputs;
}
