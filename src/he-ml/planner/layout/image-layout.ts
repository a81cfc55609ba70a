import type { Place } from "../../crypto/slot-layout.js";
import type { Shape } from "../../tensor/tensor.js";
import type { Pair } from "../../model/layer.js";

/**
 * Where the pixels of an image lie in the slots of ciphertexts: a step along each axis is a fixed number of slots.
 *
 * With phases (polyphase layout) each channel is taken apart into planes: pixel (y, x) belongs to plane
 * (y mod phases[0], x mod phases[1]), in which it has row ⌊y / phases[0]⌋ and column ⌊x / phases[1]⌋. A convolution that
 * strides by the phases then reads pixels that lie side by side.
 *
 * Of an image of 2×4 pixels, numbered row by row, in two phases across (`phases: [1, 2]`), eight slots hold
 *
 *     slot     0   1   2   3   4   5   6   7
 *     pixel    0   2   4   6   1   3   5   7
 *              └ row ┘       └ plane of the second phase
 *
 * with `columnStride: 1`, `rowStride: 2` and `phaseStrides: [_, 4]`.
 */
export interface ImageLayout {
  /** In channels and pixels. */
  readonly shape: readonly [channels: number, height: number, width: number];
  /** Planes into which a channel is taken apart, down and across; in pixels, how far apart a plane's pixels are. */
  readonly phases: Pair;
  /** Slots from a plane to the one of the next phase, down and across. */
  readonly phaseStrides: Pair;
  /** Slots from a pixel to the one below it in the same plane, `phases[0]` pixels down in the image. */
  readonly rowStride: number;
  /** Slots from a pixel to the one on its right in the same plane, `phases[1]` pixels across in the image. */
  readonly columnStride: number;
  /** Slots from a pixel to the same pixel of the next channel in the same ciphertext. */
  readonly channelStride: number;
  /** Channels that one ciphertext holds; the next ones go into the next ciphertext, from slot 0 on. */
  readonly channelsPerCiphertext: number;
}

/** The ciphertext and slot of one pixel, `x` and `y` in pixels. */
export function pixelPlace(layout: ImageLayout, channel: number, y: number, x: number): Place {
  const { phases, phaseStrides, channelsPerCiphertext } = layout;
  return {
    ciphertext: Math.floor(channel / channelsPerCiphertext),
    slot:
      (channel % channelsPerCiphertext) * layout.channelStride +
      (y % phases[0]) * phaseStrides[0] +
      (x % phases[1]) * phaseStrides[1] +
      Math.floor(y / phases[0]) * layout.rowStride +
      Math.floor(x / phases[1]) * layout.columnStride,
  };
}

/** The place of every value of the image, row-major. */
export function pixelPlaces(layout: ImageLayout): Place[] {
  const [channels, height, width] = layout.shape;
  const places: Place[] = [];
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) places.push(pixelPlace(layout, channel, y, x));
    }
  }
  return places;
}

/** Ciphertexts that the image takes. */
export const imageCiphertexts = ({ shape: [channels], channelsPerCiphertext }: ImageLayout) =>
  Math.ceil(channels / channelsPerCiphertext);

/** Slots from a ciphertext's first one up to the last that holds a pixel. */
export function imageExtent(layout: ImageLayout): number {
  const [channels, height, width] = layout.shape;
  const last = (size: number, phases: number) => Math.ceil(size / phases) - 1;
  return (
    (Math.min(channels, layout.channelsPerCiphertext) - 1) * layout.channelStride +
    (Math.min(layout.phases[0], height) - 1) * layout.phaseStrides[0] +
    (Math.min(layout.phases[1], width) - 1) * layout.phaseStrides[1] +
    last(height, layout.phases[0]) * layout.rowStride +
    last(width, layout.phases[1]) * layout.columnStride +
    1
  );
}

export const powerOfTwoAtLeast = (size: number) => 2 ** Math.ceil(Math.log2(Math.max(1, size)));

export interface PlaneOptions {
  /** `[channels, height, width]`, in channels and pixels. */
  readonly shape: Shape;
  /** See {@link ImageLayout}, as for the strides. */
  readonly phases: Pair;
  readonly rowStride: number;
  /** 1 if left out. */
  readonly columnStride?: number;
  /** Slots that one plane takes: one channel in one phase. */
  readonly plane: number;
  /** Slots of one ciphertext. */
  readonly slots: number;
}

/**
 * Planes of equal size side by side: all channels of the first phase, then of the next. Each phase gets a power of two
 * of slots where they suffice: then phases divide the slots evenly, and sums over them leave copies everywhere.
 *
 * @returns undefined where not even one channel fits into a ciphertext
 */
export function planesLayout({
  shape,
  phases,
  rowStride,
  columnStride = 1,
  plane,
  slots,
}: PlaneOptions): ImageLayout | undefined {
  const [channels, height, width] = shape;
  const phaseCount = phases[0] * phases[1];
  const most = Math.floor(slots / (plane * phaseCount));
  if (most === 0) return undefined;
  const channelsPerCiphertext = Math.min(channels, most);
  const needed = plane * channelsPerCiphertext;
  const even = powerOfTwoAtLeast(needed);
  const phaseStride = even * phaseCount <= slots ? even : needed;
  return {
    shape: [channels, height, width],
    phases,
    phaseStrides: [phaseStride * phases[1], phaseStride],
    rowStride,
    columnStride,
    channelStride: plane,
    channelsPerCiphertext,
  };
}

/** The same layout told slot by slot: for each ciphertext and slot the position of the value there, row-major, or −1. */
export function slotsOfImage(layout: ImageLayout, slots: number): Int32Array[] {
  const held = Array.from({ length: imageCiphertexts(layout) }, () => new Int32Array(slots).fill(-1));
  pixelPlaces(layout).forEach(({ ciphertext, slot }, value) => (held[ciphertext][slot] = value));
  return held;
}
