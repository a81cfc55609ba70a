import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { InputError } from "../he-ml/errors.js";
import type { Shape } from "../he-ml/tensor/tensor.js";
import { wholeNumber } from "./arguments.js";
import { csvImages } from "./csv-images.js";
import { datasetImages, type ImagesSource } from "./images-source.js";
import { jsonImages, jsonImageShape } from "./json-images.js";
import { npyImages, npyImageShape } from "./npy-images.js";
import { pictureImages } from "./picture-images.js";

/** Where images come from. */
export interface ImageOptions {
  readonly dataset?: string;
  readonly index?: number;
  readonly count?: number;
  readonly datasetDir?: string;
  readonly input?: string;
  readonly label?: string;
  readonly image?: string;
  readonly invert?: boolean;
}

/** More than any test set has, few enough to list. */
const mostImages = 1_000_000;

export function addImageOptions(command: Command): Command {
  return command
    .option(
      "--dataset <name>",
      "take images from a dataset's test set (mnist, fashion-mnist, mnist-12x12, breast-cancer)",
    )
    .option("--dataset-dir <dir>", "folder with the dataset's IDX files, where they are not installed")
    .option("--index <i>", "first test image (default: 0)", wholeNumber(0, mostImages))
    .option("--count <n>", "test images, from --index on (default: 1)", wholeNumber(1, mostImages))
    .option(
      "--input <file>",
      "take images from a file instead: JSON, CSV (a line each), NumPy's .npy, a folder of pictures",
    )
    .option("--label <column>", "with --input X.csv: the column that says what each row is")
    .option(
      "--image <file>",
      "classify a PNG or JPEG picture, or a folder of them, resized to what the model takes",
    )
    .option("--invert", "with --image: the picture is dark on light, as ink on paper is");
}

/** What takes the images. */
export interface ImageTaker {
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly classNames?: readonly string[];
  /** The model's file, where there is one: how a table's features are standardised may lie beside it. */
  readonly modelPath?: string;
}

/** Images that the options name, still to be read. */
export interface NamedImages {
  /** The shape of one image where it is known without a model: some models' files do not say it. */
  shape(): Promise<Shape | undefined>;
  /** @throws InputError if they cannot be read, or do not fit */
  find(taker: ImageTaker, warn: (message: string) => void): Promise<ImagesSource>;
}

/**
 * The images that a command's options name.
 *
 * @throws InputError if the options speak of several sources of images, or of choosing from one that is taken whole
 */
export async function imageSource(command: string, given: ImageOptions): Promise<NamedImages> {
  const options = await withPictures(given);
  requireOneSource(command, options);
  return {
    shape: () => shapeOfImages(options),
    find: (taker, warn) => findImages(command, options, taker, warn),
  };
}

function requireOneSource(command: string, options: ImageOptions): void {
  const { dataset, datasetDir, index, count, input, image, invert, label } = options;
  if ([dataset, input, image].filter((source) => source !== undefined).length > 1) {
    throw new InputError(`${command}: --dataset, --input and --image exclude each other; give one of them`);
  }
  if (dataset === undefined && (index ?? count ?? datasetDir) !== undefined) {
    throw new InputError(
      `${command}: --index, --count and --dataset-dir choose from a dataset; --input and --image are taken whole`,
    );
  }
  if (label !== undefined && (input === undefined || !hasEnding(input, ".csv"))) {
    throw new InputError(`${command}: --label is for a CSV file; give --input X.csv`);
  }
  if (invert && image === undefined) {
    throw new InputError(`${command}: --invert is for a picture; give --image`);
  }
}

const hasEnding = (path: string, ending: string) => path.toLowerCase().endsWith(ending);

/** A folder of pictures is taken as `--image` takes it. */
async function withPictures(options: ImageOptions): Promise<ImageOptions> {
  const { input, image } = options;
  if (input === undefined || image !== undefined) return options;
  const status = await stat(input).catch(() => undefined);
  return status?.isDirectory() ? { ...options, input: undefined, image: input } : options;
}

async function findImages(
  command: string,
  { dataset, datasetDir, index, count, input, label, image, invert }: ImageOptions,
  { inputShape: modelShape, outputShape, classNames, modelPath }: ImageTaker,
  warn: (message: string) => void,
): Promise<ImagesSource> {
  if (image !== undefined) return pictureImages(image, modelShape, invert ?? false, warn);
  if (input !== undefined && hasEnding(input, ".csv")) {
    return csvImages(input, { label, modelPath, modelShape, classNames });
  }
  if (input !== undefined && hasEnding(input, ".npy")) return npyImages(input, modelShape);
  if (input !== undefined) return jsonImages(input, modelShape, outputShape);
  if (dataset !== undefined) return datasetImages(dataset, index ?? 0, count ?? 1, datasetDir);
  throw new InputError(
    `${command}: expected images; give --dataset mnist --index 0, --image digit.png, or --input with a .json, .csv or .npy file`,
  );
}

async function shapeOfImages({ dataset, datasetDir, input }: ImageOptions): Promise<Shape | undefined> {
  if (input !== undefined && hasEnding(input, ".csv")) return undefined;
  if (input !== undefined && hasEnding(input, ".npy")) return npyImageShape(input);
  if (input !== undefined) return jsonImageShape(input);
  if (dataset === undefined) return undefined;
  const { images } = await datasetImages(dataset, 0, 1, datasetDir);
  return images.shape.slice(1);
}
