import { InputError } from "../he-ml/errors.js";
import { formatShape, stack, zeros, type Shape, type Tensor } from "../he-ml/tensor/tensor.js";
import { fitToModel } from "./fit-to-model.js";
import type { ImagesSource } from "./images-source.js";
import type { Picture } from "./picture.js";
import { picturePaths, readPicture } from "./read-picture.js";

/** Lighter edges than this are paper, not background. */
const lightEdge = 0.5;

/**
 * A PNG or JPEG picture, or all of a folder, as images of a model's shape: shrunk or enlarged to fit, its proportions kept, in the middle of a
 * black field; in gray where the model takes one channel. MNIST is light ink on black, a scan is dark ink on white:
 * `invert` swaps them.
 *
 * @param warn told what looks wrong with the picture
 * @throws InputError if the file is no picture that can be used, or the model takes none
 */
export async function pictureImages(
  path: string,
  modelShape: Shape,
  invert: boolean,
  warn: (message: string) => void,
): Promise<ImagesSource> {
  const [channels, height, width] = pictureShape(modelShape);
  const paths = await picturePaths(path);
  const light: string[] = [];
  const images: Tensor[] = [];
  for (const each of paths) {
    const picture = await readPicture(each);
    const rgb = drawn(picture, height, width, invert);
    images.push(channels === 3 ? rgb : toGray(rgb));
    if (!invert && isLightAtTheEdges(picture)) light.push(each);
  }
  if (light.length > 0) {
    const more = light.length > 1 ? ` and ${light.length - 1} more are` : " is";
    warn(
      `--image: "${light[0]}"${more} light at its edges; models of digits expect light ink on black: try --invert`,
    );
  }
  return {
    images: fitToModel(stack(images), modelShape, warn),
    labels: paths.map(() => null),
    names: paths,
  };
}

/**
 * The picture that a model takes, `[channels, height, width]`: as it says, with its channels last, without any, or as a
 * row of the values of a square.
 */
function pictureShape(modelShape: Shape): Shape {
  const [first, ...rest] = modelShape;
  const isChannels = (size: number) => size === 1 || size === 3;
  if (rest.length === 2 && isChannels(first)) return modelShape;
  if (rest.length === 2 && isChannels(rest[1])) return [rest[1], first, rest[0]];
  if (rest.length === 1) return [1, first, rest[0]];
  for (const channels of [1, 3]) {
    const side = Math.sqrt(first / channels);
    if (rest.length === 0 && Number.isInteger(side)) return [channels, side, side];
  }
  throw new InputError(
    `--image: the model takes ${formatShape(modelShape)}, expected an image of 1 or 3 channels; use --input`,
  );
}

/** `[3, rows, columns]`: each pixel the mean of what it covers of the picture, black beside it. */
function drawn(picture: Picture, rows: number, columns: number, invert: boolean): Tensor {
  const scale = Math.min(rows / picture.height, columns / picture.width);
  const top = (rows - picture.height * scale) / 2;
  const left = (columns - picture.width * scale) / 2;
  const vertical = overlaps(rows, picture.height, top, scale);
  const horizontal = overlaps(columns, picture.width, left, scale);
  const image = zeros([3, rows, columns]);
  const rgb = new Float64Array(3);
  for (const { target: row, source: y, share: high } of vertical) {
    for (const { target: column, source: x, share: wide } of horizontal) {
      picture.readPixel(y * picture.width + x, rgb);
      for (let channel = 0; channel < 3; channel++) {
        const value = invert ? 1 - rgb[channel] : rgb[channel];
        image.data[(channel * rows + row) * columns + column] += high * wide * value;
      }
    }
  }
  return image;
}

interface Overlap {
  readonly target: number;
  readonly source: number;
  /** Of the target pixel, from 0 to 1. */
  readonly share: number;
}

/** Along one axis: how much of each target pixel each source pixel covers when it lies at `start + source · scale`. */
function overlaps(targets: number, sources: number, start: number, scale: number): Overlap[] {
  return Array.from({ length: sources }, (_, source) => {
    const [from, to] = [start + source * scale, start + (source + 1) * scale];
    const first = Math.floor(from);
    return Array.from({ length: Math.ceil(to) - first }, (_, i) => ({
      target: first + i,
      source,
      share: Math.min(to, first + i + 1) - Math.max(from, first + i),
    }));
  })
    .flat()
    .filter(({ target, share }) => target >= 0 && target < targets && share > 0);
}

/** `[1, rows, columns]`: luma by ITU-R BT.601, as picture editors make gray. */
function toGray({ shape: [, rows, columns], data }: Tensor): Tensor {
  const size = rows * columns;
  const gray = zeros([1, rows, columns]);
  for (let i = 0; i < size; i++) {
    gray.data[i] = 0.299 * data[i] + 0.587 * data[size + i] + 0.114 * data[2 * size + i];
  }
  return gray;
}

function isLightAtTheEdges({ width, height, readPixel }: Picture): boolean {
  const rgb = new Float64Array(3);
  let sum = 0;
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x += y === 0 || y === height - 1 || width === 1 ? 1 : width - 1) {
      readPixel(y * width + x, rgb);
      sum += (rgb[0] + rgb[1] + rgb[2]) / 3;
      count++;
    }
  }
  return sum / count > lightEdge;
}
