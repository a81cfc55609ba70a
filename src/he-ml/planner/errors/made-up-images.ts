import { modelForward, type Model } from "../../model/model.js";
import type { ValueRange } from "../../model/value-range.js";
import { maxAbs, sizeOf, tensor, type Shape, type Tensor } from "../../tensor/tensor.js";
import { uniform } from "../random.js";

/** How images may look: squares of so many pixels, of any value in the range, or of its ends only, so many of them the upper one. */
interface Pattern {
  readonly square: number;
  readonly lit?: number;
}

const noise: Pattern = { square: 1 };
const patterns: readonly Pattern[] = [
  noise,
  ...[1, 2, 3, 4, 7].flatMap((square) => [0.1, 0.2, 0.35].map((lit): Pattern => ({ square, lit }))),
];

/**
 * What two images of a data set show of the largest value that a layer gives on all of them: two digits of MNIST show 0.5 to
 * 0.9 of it, layer by layer, in the committed models.
 */
const shareShown = 0.75;

/**
 * The same of one image, on average: the first 100 test images of MNIST show 0.35 to 0.74 of it, layer by layer, in `mnist-small`
 * and `lenet1`; over all layers 0.51 and 0.55.
 */
export const shareOfOne = 0.5;

/** Noise over the range that inputs have, always the same. */
export function noiseImages(
  shape: Shape,
  images: number,
  ranges: readonly ValueRange[],
  seed: number,
): Tensor {
  return drawn(noise, shape, images, ranges, seed);
}

/**
 * Images in place of those that a network was trained on. A network answers noise with smaller values than what it knows, and
 * shows smaller errors: of some patterns, the one whose values come nearest to the ranges that are known of all layers; noise
 * where none are.
 *
 * @param share of the largest value known that images are to show
 */
export function imagesLikeKnown(
  model: Model,
  images: number,
  ranges: readonly ValueRange[],
  seed: number,
  share = shareShown,
): Tensor {
  const made = (pattern: Pattern) => drawn(pattern, model.inputShape, images, ranges, seed);
  const known = new Map(ranges.map(({ name, min, max }) => [name, Math.max(Math.abs(min), Math.abs(max))]));
  const farFromKnown = (batch: Tensor) =>
    modelForward(model, batch).reduce((sum, { data }, i) => {
      const wanted = share * (known.get(model.layers[i].name) ?? 0);
      // Images that leave a layer at 0 are far away, not infinitely: another layer may be at 0 whatever it is given.
      return wanted > 0 ? sum + Math.abs(Math.log(Math.max(maxAbs(data) / wanted, 2 ** -20))) : sum;
    }, 0);
  if (!model.layers.some(({ name }) => known.has(name))) return made(noise);
  const [nearest] = patterns
    .map(made)
    .map((batch) => ({ batch, distance: farFromKnown(batch) }))
    .sort((a, b) => a.distance - b.distance);
  return nearest.batch;
}

function drawn(
  { square, lit }: Pattern,
  shape: Shape,
  images: number,
  ranges: readonly ValueRange[],
  seed: number,
): Tensor {
  const { min, max } = ranges.find(({ name }) => name === "input") ?? { min: 0, max: 1 };
  const random = uniform(seed);
  const draw = () => (lit === undefined ? min + (max - min) * random() : random() < lit ? max : min);
  // Of what has no rows and columns, squares are runs of neighbours.
  const [height, width] = shape.length < 2 ? [1, sizeOf(shape)] : shape.slice(-2);
  const [rows, columns] = [height, width].map((length) => Math.ceil(length / square));
  const plane = () => {
    const squares = Float64Array.from({ length: rows * columns }, draw);
    return Array.from({ length: height * width }, (_, i) => {
      const [y, x] = [Math.floor(i / width), i % width];
      return squares[Math.floor(y / square) * columns + Math.floor(x / square)];
    });
  };
  const planes = (images * sizeOf(shape)) / (height * width);
  return tensor([images, ...shape], Float64Array.from(Array.from({ length: planes }, plane).flat()));
}
