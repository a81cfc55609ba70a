import type { AveragePoolLayer } from "../../model/average-pool.js";
import { layerOutputShape, type Layer } from "../../model/model.js";
import { sizeOf } from "../../tensor/tensor.js";
import type { FullSlotLayout } from "./full-slot-layout.js";
import type { ImageLayout } from "./image-layout.js";
import { identityAffine, affineOfLayer } from "../stages/affine-of-layer.js";
import { sumRotations } from "../matvec/linear-transform.js";
import type { RotateAndSum } from "../matvec/sums.js";
import { compose, scaleWeights, type AffineMap } from "../stages/affine-map.js";
import type { Stage } from "../stages/stages.js";

/**
 * Average pooling as sums of rotations: each window's sum appears where its first pixel lies. Of a row of eight pixels in
 * eight slots, pooled by 2, one rotation by 1 leaves the sums of windows 0 to 3 in slots 0, 2, 4 and 6; the other slots
 * are left with sums of pixels that share no window.
 */
export interface PooledLayout {
  readonly sums: readonly RotateAndSum[];
  /** Where the windows' sums lie, as an image and slot by slot. */
  readonly imageLayout: ImageLayout;
  readonly slotLayout: FullSlotLayout;
  /** What the sums are to be divided by. */
  readonly divisor: number;
}

/**
 * Pools a layout, where windows do not overlap and their pixels lie at even distances.
 *
 * @param imageLayout of the layer's input; `slotLayout` is the same slot by slot
 */
export function poolLayout(
  layer: AveragePoolLayer,
  imageLayout: ImageLayout,
  slotLayout: FullSlotLayout,
): PooledLayout | undefined {
  const { kernelSize, stride, padding } = layer;
  if (Math.max(padding.top, padding.bottom, padding.left, padding.right) > 0) return undefined;
  const [channels, height, width] = imageLayout.shape;
  const sums: RotateAndSum[] = [];
  const phases: [number, number] = [1, 1];
  const strides: [number, number] = [imageLayout.rowStride, imageLayout.columnStride];
  const phaseStrides: [number, number] = [...imageLayout.phaseStrides];
  for (const axis of [0, 1] as const) {
    const [window, phase] = [kernelSize[axis], imageLayout.phases[axis]];
    if (stride[axis] !== window) return undefined;
    if (window === 1) {
      phases[axis] = phase;
      continue;
    }
    if (phase % window === 0) {
      sums.push(...windowSums(window, imageLayout.phaseStrides[axis]));
      phases[axis] = phase / window;
      phaseStrides[axis] *= window;
    } else if (phase === 1) {
      sums.push(...windowSums(window, strides[axis]));
      strides[axis] *= window;
    } else {
      return undefined;
    }
  }
  const shape = [channels, Math.floor(height / kernelSize[0]), Math.floor(width / kernelSize[1])] as const;
  const pooledImage: ImageLayout = {
    ...imageLayout,
    shape,
    phases,
    phaseStrides,
    rowStride: strides[0],
    columnStride: strides[1],
  };
  const pooledSlots = slotsOfWindows(sums, imageLayout, pooledImage, slotLayout, kernelSize);
  // Pixels that no weight reached may lie elsewhere than the image layout says: then sums are missing.
  const windows = new Set(pooledSlots.flatMap((held) => Array.from(held)).filter((window) => window >= 0));
  if (windows.size < sizeOf(shape)) return undefined;
  return {
    sums,
    imageLayout: pooledImage,
    slotLayout: pooledSlots,
    divisor: windowSize(layer),
  };
}

/**
 * What a stage that begins with average pooling makes of the sums of its windows: the division is in the weights.
 *
 * @param stage whose first layer is an average pool
 */
export function mapOfSums({ layers, inputShape }: Stage): AffineMap {
  const [pool, ...rest] = layers as readonly [AveragePoolLayer, ...Layer[]];
  let shape = layerOutputShape(pool, inputShape);
  let map = identityAffine(sizeOf(shape));
  for (const layer of rest) {
    const next = affineOfLayer(layer, shape);
    if (next) map = compose(map, next);
    shape = layerOutputShape(layer, shape);
  }
  return scaleWeights(map, 1 / windowSize(pool));
}

const windowSize = ({ kernelSize: [height, width] }: AveragePoolLayer) => height * width;

/** `window` neighbours at a distance: doubling for every factor 2, all at once for other primes. */
function windowSums(window: number, distance: number): RotateAndSum[] {
  const sums: RotateAndSum[] = [];
  let [rest, step] = [window, distance];
  for (let factor = 2; rest > 1; factor++) {
    for (; rest % factor === 0; rest /= factor) {
      const from = step;
      sums.push(Array.from({ length: factor - 1 }, (_, i) => (i + 1) * from));
      step *= factor;
    }
  }
  return sums;
}

/** Which slots come out with a window's sum, found by running the sums on integers that tell the pixels apart. */
function slotsOfWindows(
  sums: readonly RotateAndSum[],
  imageLayout: ImageLayout,
  pooledImage: ImageLayout,
  slotLayout: FullSlotLayout,
  [kernelHeight, kernelWidth]: readonly [number, number],
): FullSlotLayout {
  const [channels, height, width] = imageLayout.shape;
  // Sums of pseudo-random integers below 2^40 are exact, and two windows never come out the same by chance.
  const values = Float64Array.from({ length: channels * height * width }, (_, i) => scrambled(i));
  const windowOf = new Map<number, number>();
  const [, pooledHeight, pooledWidth] = pooledImage.shape;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < pooledHeight; y++) {
      for (let x = 0; x < pooledWidth; x++) {
        let sum = 0;
        for (let i = 0; i < kernelHeight * kernelWidth; i++) {
          const row = y * kernelHeight + Math.floor(i / kernelWidth);
          sum += values[(c * height + row) * width + x * kernelWidth + (i % kernelWidth)];
        }
        windowOf.set(sum, (c * pooledHeight + y) * pooledWidth + x);
      }
    }
  }
  return slotLayout.map((held, ciphertext) => {
    const slots = Float64Array.from(held, (value, slot) =>
      value < 0 ? scrambled(1e6 + ciphertext * held.length + slot) : values[value],
    );
    return Int32Array.from(sumRotations(slots, sums), (sum) => windowOf.get(sum) ?? -1);
  });
}

/** An integer below 2^40 that looks random, the same for the same index (two rounds of Lehmer's generator). */
function scrambled(index: number): number {
  const once = ((index + 1) * 48_271) % 2_147_483_647;
  const twice = (once * 69_621) % 2_147_483_647;
  return once * 512 + (twice % 512);
}
