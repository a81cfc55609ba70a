import type { Pair } from "../../model/layer.js";
import { firstPlaces, type FullSlotLayout } from "./full-slot-layout.js";
import { pixelPlaces, powerOfTwoAtLeast, type ImageLayout } from "./image-layout.js";

/** Pixels between neighbours of one phase that are looked for. */
const mostPhases = 8;

/** The image that an image lies in, found from where its pixels are; undefined where they lie otherwise. */
export function imageLayoutOf(shape: ImageLayout["shape"], layout: FullSlotLayout): ImageLayout | undefined {
  const [channels, height, width] = shape;
  const places = firstPlaces(layout, channels * height * width);
  const slotOf = (y: number, x: number) => places[y * width + x].slot;
  const perChannel = height * width;
  const first = places.filter((place, value) => value % perChannel === 0 && place.ciphertext === 0);
  const shared = {
    shape,
    channelStride: first.length > 1 ? first[1].slot : powerOfTwoAtLeast(perChannel),
    channelsPerCiphertext: first.length,
  };
  for (let down = 1; down <= Math.min(height, mostPhases); down++) {
    for (let right = 1; right <= Math.min(width, mostPhases); right++) {
      const phases: Pair = [down, right];
      const image: ImageLayout = {
        ...shared,
        phases,
        phaseStrides: [down > 1 ? slotOf(1, 0) : 0, right > 1 ? slotOf(0, 1) : 0],
        rowStride: height > down ? slotOf(down, 0) : 1,
        columnStride: width > right ? slotOf(0, right) : 1,
      };
      if (holds(image, layout)) return image;
    }
  }
  return undefined;
}

function holds(image: ImageLayout, layout: FullSlotLayout): boolean {
  return pixelPlaces(image).every(({ ciphertext, slot }, value) => layout[ciphertext]?.[slot] === value);
}

/** Features as an image of one pixel each, lying as they do. */
export function lineLayout(features: number, layout: FullSlotLayout): ImageLayout {
  const places = firstPlaces(layout, features);
  const stride = features > 1 ? Math.max(1, places[1].slot - places[0].slot) : 1;
  return {
    shape: [features, 1, 1],
    phases: [1, 1],
    phaseStrides: [0, 0],
    rowStride: 1,
    columnStride: 1,
    channelStride: powerOfTwoAtLeast(stride),
    channelsPerCiphertext: Math.max(1, Math.floor(layout[0].length / powerOfTwoAtLeast(stride))),
  };
}
