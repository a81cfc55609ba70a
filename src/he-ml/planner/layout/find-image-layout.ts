import type { Pair } from "../../model/layer.js";
import { firstPlaces, type FullSlotLayout } from "./full-slot-layout.js";
import { pixelPlaces, powerOfTwoAtLeast, type ImageLayout } from "./image-layout.js";

/** Phases that are looked for in one direction: what strides of earlier stages come to, as 2, 4 or 6. */
const mostPhases = 8;

/** The image layout that a slot layout is, found from where its pixels are; undefined where they lie otherwise. */
export function findImageLayout(
  shape: ImageLayout["shape"],
  slotLayout: FullSlotLayout,
): ImageLayout | undefined {
  const [channels, height, width] = shape;
  const places = firstPlaces(slotLayout, channels * height * width);
  const slotOf = (y: number, x: number) => places[y * width + x].slot;
  const perChannel = height * width;
  const channelStarts = places.filter((place, value) => value % perChannel === 0 && place.ciphertext === 0);
  const shared = {
    shape,
    channelStride: channelStarts.length > 1 ? channelStarts[1].slot : powerOfTwoAtLeast(perChannel),
    channelsPerCiphertext: channelStarts.length,
  };
  for (let down = 1; down <= Math.min(height, mostPhases); down++) {
    for (let right = 1; right <= Math.min(width, mostPhases); right++) {
      const phases: Pair = [down, right];
      const imageLayout: ImageLayout = {
        ...shared,
        phases,
        phaseStrides: [down > 1 ? slotOf(1, 0) : 0, right > 1 ? slotOf(0, 1) : 0],
        rowStride: height > down ? slotOf(down, 0) : 1,
        columnStride: width > right ? slotOf(0, right) : 1,
      };
      if (describes(imageLayout, slotLayout)) return imageLayout;
    }
  }
  return undefined;
}

function describes(imageLayout: ImageLayout, slotLayout: FullSlotLayout): boolean {
  return pixelPlaces(imageLayout).every(
    ({ ciphertext, slot }, value) => slotLayout[ciphertext]?.[slot] === value,
  );
}

/**
 * The image layout of features as an image of one pixel in so many channels, as far as they lie evenly: the distance from
 * the first to the second is taken for all.
 */
export function featuresAsImage(features: number, slotLayout: FullSlotLayout): ImageLayout {
  const places = firstPlaces(slotLayout, features);
  const distance = features > 1 ? places[1].slot - places[0].slot : 1;
  const channelStride = powerOfTwoAtLeast(distance);
  return {
    shape: [features, 1, 1],
    phases: [1, 1],
    phaseStrides: [0, 0],
    rowStride: 1,
    columnStride: 1,
    channelStride,
    channelsPerCiphertext: Math.max(1, Math.floor(slotLayout[0].length / channelStride)),
  };
}
