import { pack } from "../../crypto/packing.js";
import { InputError } from "../../errors.js";
import { layerForward, type Model } from "../../model/model.js";
import type { ValueRange } from "../../model/value-range.js";
import { formatShape, maxAbs, sizeOf, tensor, type Tensor } from "../../tensor/tensor.js";
import type { FullSlotLayout } from "../layout/full-slot-layout.js";
import type { Leftovers } from "./error-budget.js";
import { uniform } from "../random.js";
import type { Stage } from "../stages/stages.js";
import { imagesLikeKnown, noiseImages, shareOfOne } from "./made-up-images.js";

/** Planning takes time for each of them; with one alone its own values would decide. */
const samplesUsed = 2;
/** Of the noise that samples are made of, and of that of images which are tried beside them. */
const [seed, otherSeed] = [1_234_567_891, 987_654_321];

/**
 * Images to see values on, of what the first stage reads: some of those given, or made-up ones, sent through the
 * layers before.
 *
 * @throws InputError if those given have another shape, or there are none
 */
export function sampleImages(
  model: Model,
  [first]: readonly Stage[],
  given: Tensor | undefined,
  valueRanges: readonly ValueRange[] = [],
): Tensor {
  if (!given) return before(model, first, imagesLikeKnown(model, samplesUsed, valueRanges, seed));
  const [images, ...shape] = given.shape;
  if (formatShape(shape) !== formatShape(first.inputShape) || images === 0) {
    throw new InputError(
      `plan: expected samples [n, ${first.inputShape.join(", ")}], got [${given.shape.join(", ")}]`,
    );
  }
  const used = Math.min(images, samplesUsed);
  return tensor([used, ...shape], given.data.subarray(0, used * sizeOf(shape)));
}

/** Other images of noise over the range that inputs have, for what was found on the samples to be tried on. */
export function otherImages(
  model: Model,
  [first]: readonly Stage[],
  valueRanges: readonly ValueRange[] = [],
): Tensor {
  return before(model, first, noiseImages(model.inputShape, samplesUsed, valueRanges, otherSeed));
}

/**
 * Images of usual values, in place of those that will come: where samples for a plan show how large values get, these show
 * what they are like.
 *
 * @param first of the layers that read them
 */
export function usualImages(
  model: Model,
  first: number,
  images: number,
  valueRanges: readonly ValueRange[] = [],
): Tensor {
  return beforeLayer(model, first, imagesLikeKnown(model, images, valueRanges, otherSeed, shareOfOne));
}

/** What the first stage reads of images. */
const before = (model: Model, { modelLayers: [first] }: Stage, images: Tensor) =>
  beforeLayer(model, first, images);

function beforeLayer(model: Model, first: number, images: Tensor): Tensor {
  return model.layers.slice(0, first).reduce((current, layer) => layerForward(layer, current), images);
}

/** The slots of each image's ciphertexts, with noise over the range of leftovers in those that hold no value. */
export function packedSamples(
  samples: Tensor,
  layout: FullSlotLayout,
  leftovers: Leftovers,
): Float64Array[][] {
  const [images, ...shape] = samples.shape;
  const slots = layout[0].length;
  const packed = [...pack(samples, { shape, images, packing: "packed", slotLayout: layout }, slots)];
  const [least, most] = leftovers.map((bound) => bound * maxAbs(samples.data));
  const random = uniform(seed);
  return Array.from({ length: images }, (_, image) => {
    let empty = 0;
    // Noise that meets the ends of its range, which decide what room a square takes.
    const leftOver = () => [most, least].at(empty++) ?? least + (most - least) * random();
    return layout.map((held, i) =>
      packed[image * layout.length + i].map((value, slot) => (held[slot] < 0 ? leftOver() : value)),
    );
  });
}
