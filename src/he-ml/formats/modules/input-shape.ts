import { InputError } from "../../errors.js";
import { definitionOf, type LinearLayer, type WeightedLayer } from "../../model/layers.js";
import { isWeighted } from "../../model/model.js";
import { formatShape, type Shape } from "../../tensor/tensor.js";
import type { Dimensions, Draft } from "./draft.js";

/** Larger images are not encrypted pixel by pixel. */
const largestSide = 512;

/** The layers leave a choice of the shape of images. */
export class UnknownInputShapeError extends InputError {
  override readonly name = "UnknownInputShapeError";
}

/**
 * The shape of one image, where the file does not say it, as far as the layers determine it: the features of a linear
 * layer that comes first; or the channels of a convolution, and the side of square images if a linear layer behind it
 * takes the features of one side only. Often several sides give as many, because windows leave out pixels at the border.
 *
 * @param fits whether images of a shape run through all layers
 * @throws UnknownInputShapeError if the layers leave a choice
 */
export function inferInputShape(
  drafts: readonly Draft[],
  dimensions: Dimensions,
  fits: (inputShape: Shape) => boolean,
): Shape {
  const first = drafts.find(
    (draft) => draft.kind === "linear" || featuresOf(draft) !== undefined || channelsOf(draft) !== undefined,
  );
  const features = first && featuresOf(first);
  if (features !== undefined) return [features];
  if (first?.kind === "linear") return [first.weights.shape[1]];
  const channels = first && channelsOf(first);
  if (channels === undefined) throw unknownShape(1, dimensions, []);
  const isImage = (draft: Draft) => isForImages(draft) || draft.kind === "shaped" || draft.kind === "flatten";
  if (!drafts.some(isImage)) return [channels];
  const fitting: Shape[] = [];
  if (drafts.some(({ kind }) => kind === "linear")) {
    for (let side = 1; side <= largestSide; side++) {
      const shape = [channels, dimensions === 1 ? 1 : side, side];
      if (fits(shape)) fitting.push(shape);
    }
  }
  if (fitting.length === 1) return fitting[0];
  throw unknownShape(channels, dimensions, fitting);
}

/** Whether it has weights for images, not for features. */
const isForImages = (draft: Draft): draft is Exclude<WeightedLayer, LinearLayer> =>
  isWeighted(draft) && draft.kind !== "linear";

/** How many features a reshaping to an image takes. */
const featuresOf = (draft: Draft) => (draft.kind === "shaped" ? draft.takesFeatures : undefined);

function channelsOf(draft: Draft): number | undefined {
  if (draft.kind === "affine") return draft.map.gains.length;
  return isForImages(draft) ? definitionOf(draft).weightChannels(draft).inputs : undefined;
}

function unknownShape(
  channels: number,
  dimensions: Dimensions,
  fitting: readonly Shape[],
): UnknownInputShapeError {
  const inWords = (shape: Shape) => formatShape(dimensions === 1 ? [shape[0], shape[2]] : shape);
  const sizes = fitting.length > 0 ? ` (${inWords(fitting[0])} to ${inWords(fitting.at(-1)!)} would do)` : "";
  const example = dimensions === 1 ? [channels, 100] : [channels, 28, 28];
  return new UnknownInputShapeError(
    `its file does not say how large images are, and its layers leave a choice${sizes}; ` +
      `give inputShape, such as [${example.join(", ")}]`,
  );
}
