import { requireArgument } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { fitOf } from "../he-ml/model/fit-images.js";
import { sizeOf, zeros, type Shape, type Tensor } from "../he-ml/tensor/tensor.js";

export type Split = "train" | "test";

/** Labelled images, or rows of a table, as they are stored: MNIST takes 47 MB as bytes, 376 MB as doubles. */
export interface Dataset {
  readonly name: string;
  readonly split: Split;
  /** What each label stands for. */
  readonly classNames: readonly string[];
  readonly images: {
    readonly count: number;
    /** Of one image, `[channels, rows, columns]`, or of one row, `[features]`. */
    readonly shape: Shape;
    /** `[count, …shape]` row-major; of a picture, 0 is background and 255 is ink. */
    readonly values: Uint8Array | Float64Array;
    /** A model takes a stored value divided by this: 255 for bytes. */
    readonly divisor: number;
  };
  /** `[count]`; positions in `classNames`. */
  readonly labels: Uint8Array;
}

/** Images taken from a dataset, ready for a model. */
export interface LabelledImages {
  /** `[n, …shape]`; of pictures, values in [0, 1]. */
  readonly images: Tensor;
  /** `[n]` */
  readonly labels: Uint8Array;
}

/** The names of classes, unless they are just their numbers. */
export function properNames(classNames: readonly string[]): readonly string[] | undefined {
  return classNames.every((name, index) => name === String(index)) ? undefined : classNames;
}

/**
 * @param what is done with it, for messages
 * @throws InputError naming the first of its fields that does not fit the others, or the image or label in it
 */
export function requireDataset(what: string, dataset: Dataset): void {
  const where = `${what}: dataset ${JSON.stringify(dataset?.name)}`;
  const { images, labels, classNames } = dataset ?? {};
  const require = (isRight: boolean, field: string, expected: string, got: unknown) => {
    if (isRight) return;
    throw new InputError(`${where}: ${field}: expected ${expected}, got ${String(got)}`);
  };
  const isText = (value: unknown) => typeof value === "string";
  require(Array.isArray(classNames) &&
    classNames.length > 0 &&
    classNames.every(isText), "classNames", "a name for each class", classNames);
  const { count, shape, values, divisor } = images ?? {};
  require(Number.isInteger(count) && count > 0, "images.count", "a whole number of at least 1", count);
  const isSize = (size: unknown) => Number.isInteger(size) && Number(size) > 0;
  require(Array.isArray(shape) && shape.length > 0 && shape.every(isSize), "images.shape", "sizes", shape);
  require(Number.isFinite(divisor) && divisor > 0, "images.divisor", "a number above 0", divisor);
  requireArray(values, [Uint8Array, Float64Array], count * sizeOf(shape), `${where}: images.values`);
  const bad = values instanceof Float64Array ? values.findIndex((value) => !Number.isFinite(value)) : -1;
  require(bad <
    0, `images.values[${bad}], of image ${Math.floor(bad / sizeOf(shape))}`, "a finite number", values[bad]);
  requireArray(labels, [Uint8Array], count, `${where}: labels`);
  const wrong = labels.findIndex((label) => label >= classNames.length);
  require(wrong < 0, `labels[${wrong}]`, `a position in classNames, 0 to ${classNames.length - 1}`, labels[
    wrong
  ]);
}

type Numbers = Uint8ArrayConstructor | Float64ArrayConstructor;

/** @throws InputError unless it is such an array of so many numbers */
function requireArray(value: unknown, types: readonly Numbers[], length: number, where: string): void {
  const given = value as ArrayLike<unknown> | undefined;
  if (types.some((type) => value instanceof type) && given?.length === length) return;
  const got = Array.isArray(value) ? "array" : (value?.constructor.name ?? String(value));
  throw new InputError(
    `${where}: expected ${types.map(({ name }) => name).join(" or ")} of ${length} numbers, got ` +
      `${got}${given?.length === undefined ? "" : ` of ${given.length}`}`,
  );
}

/** @throws InputError unless it is a list; which of its numbers a dataset has is told by the dataset */
export function requireIndices(what: string, indices: unknown): asserts indices is readonly number[] {
  requireArgument(`${what}: indices`, Array.isArray(indices), "a list of numbers, as [0, 1, 2]", indices);
}

/**
 * Images of a dataset as doubles (pixel / 255), with their labels.
 *
 * @param indices Which, in this order; all by default.
 * @throws InputError if an index is outside the dataset, or it is no dataset.
 */
export function selectImages(dataset: Dataset, indices?: readonly number[]): LabelledImages {
  requireDataset("selectImages", dataset);
  requireIndices("selectImages", indices ?? []);
  return imagesAt(dataset, indices ?? Array.from({ length: dataset.images.count }, (_, index) => index));
}

/** As `selectImages`, of a dataset that was looked through before: to do it for each of many selections takes long. */
export function imagesAt(dataset: Dataset, chosen: readonly number[]): LabelledImages {
  const { count, shape, values, divisor } = dataset.images;
  for (const index of chosen) {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new InputError(
        `dataset ${dataset.name}: ${dataset.split} image: expected an index from 0 to ${count - 1}, got ${index}`,
      );
    }
  }
  const size = sizeOf(shape);
  const images = zeros([chosen.length, ...shape]);
  chosen.forEach((index, position) => {
    for (let i = 0; i < size; i++) images.data[position * size + i] = values[index * size + i] / divisor;
  });
  return { images, labels: Uint8Array.from(chosen, (index) => dataset.labels[index]) };
}

/**
 * Images `start` to `end` − 1 of a dataset as a dataset of their own; the values are shared.
 *
 * @throws InputError unless 0 ≤ start < end ≤ the number of images, or if it is no dataset.
 * @example const heldOut = sliceDataset(training, 55_000, 60_000);
 */
export function sliceDataset(dataset: Dataset, start: number, end: number): Dataset {
  requireDataset("sliceDataset", dataset);
  const { count, shape, values } = dataset.images;
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end <= start || end > count) {
    throw new InputError(
      `dataset ${dataset.name}: expected a range inside 0 to ${count}, got ${start} to ${end}`,
    );
  }
  const size = sizeOf(shape);
  return {
    ...dataset,
    images: { ...dataset.images, count: end - start, values: values.subarray(start * size, end * size) },
    labels: dataset.labels.subarray(start, end),
  };
}

/**
 * A dataset whose images have the shape that a model takes; as it is where they have it, or cannot have it.
 *
 * @param onFit told what is done with each image
 */
export function datasetInShape(
  dataset: Dataset,
  shape: Shape,
  onFit: (how: string) => void = () => undefined,
): Dataset {
  const { images } = dataset;
  if (images.shape.join() === shape.join()) return dataset;
  const fit = fitOf(images.shape, shape);
  if (!fit) return dataset;
  onFit(fit.how);
  const { places } = fit;
  const size = sizeOf(shape);
  const moved = (_: number, i: number) => images.values[i - (i % size) + places![i % size]];
  const values = places ? images.values.map(moved) : images.values;
  return { ...dataset, images: { ...images, shape, values } };
}
