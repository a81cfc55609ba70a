import { pack } from "../crypto/packing.js";
import { InputError } from "../errors.js";
import { layerForward, type Model } from "../model/model.js";
import type { ValueRange } from "../model/value-range.js";
import { formatShape, maxAbs, sizeOf, tensor, type Shape, type Tensor } from "../tensor/tensor.js";
import type { Content } from "./content.js";
import type { Stage } from "./stages.js";

const samplesUsed = 2;

/**
 * Images to see values on, of what the first stage reads: some of those given, or noise over the range that inputs have,
 * sent through the layers before.
 *
 * @throws InputError if those given have another shape, or there are none
 */
export function sampleImages(
  model: Model,
  [first]: readonly Stage[],
  given: Tensor | undefined,
  valueRanges: readonly ValueRange[] = [],
): Tensor {
  if (!given) {
    const input = valueRanges.find(({ name }) => name === "input");
    const before = model.layers.slice(0, first.modelLayers[0]);
    return before.reduce(
      (images, layer) => layerForward(layer, images),
      madeUpImages(model.inputShape, input),
    );
  }
  const [images, ...shape] = given.shape;
  if (formatShape(shape) !== formatShape(first.inputShape) || images === 0) {
    throw new InputError(
      `plan: expected samples [n, ${first.inputShape.join(", ")}], got [${given.shape.join(", ")}]`,
    );
  }
  const used = Math.min(images, samplesUsed);
  return tensor([used, ...shape], given.data.subarray(0, used * sizeOf(shape)));
}

/** Images of noise, always the same, over the range that inputs have. */
function madeUpImages(shape: Shape, range: ValueRange | undefined): Tensor {
  const [min, max] = range ? [range.min, range.max] : [0, 1];
  const random = uniform();
  const values = Array.from({ length: samplesUsed * sizeOf(shape) }, () => min + (max - min) * random());
  return tensor([samplesUsed, ...shape], values);
}

/**
 * The slots of each image's ciphertexts.
 *
 * @param leftovers how large slots that hold no value may be, relative to the largest value; such slots get noise
 */
export function packedSamples(samples: Tensor, content: Content, leftovers: number): Float64Array[][] {
  const [images, ...shape] = samples.shape;
  const slots = content[0].length;
  const packed = [...pack(samples, { shape, images, packing: "packed", slotLayout: content }, slots)];
  const largest = leftovers * maxAbs(samples.data);
  const random = uniform();
  return Array.from({ length: images }, (_, image) =>
    content.map((held, i) => {
      const values = packed[image * content.length + i];
      return values.map((value, slot) => (held[slot] < 0 ? largest * (2 * random() - 1) : value));
    }),
  );
}

/** Numbers in [0, 1), always the same (Lehmer's generator). */
function uniform(): () => number {
  let state = 1_234_567_891;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
