import { committedFile, fullSetFile } from "#dataset-files";
import { InputError } from "../he-ml/errors.js";
import { formatShape } from "../he-ml/tensor/tensor.js";
import { committedTestImages, type DatasetFile, type IdxDatasetName } from "./dataset-file.js";
import type { Dataset, Split } from "./dataset.js";
import { readIdx } from "./idx.js";

const rows = 28;
const columns = 28;

const classNamesOf: Readonly<Record<IdxDatasetName, readonly string[]>> = {
  mnist: Array.from({ length: 10 }, (_, digit) => String(digit)),
  // https://github.com/zalandoresearch/fashion-mnist#labels
  "fashion-mnist": [
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
};

/**
 * Reads a full dataset from where it is installed, or served, or from a folder that holds its files (plain or .gz).
 *
 * @throws InputError if there are no such files, or a file is not what it should be.
 */
export async function readIdxDataset(
  name: IdxDatasetName,
  split: Split,
  directory?: string,
): Promise<Dataset> {
  const stem = split === "train" ? "train" : "t10k";
  return readFiles(name, split, stem, (file) => fullSetFile(name, file, directory));
}

/** The first test images, which are committed with the project. */
export async function readCommittedTestImages(name: IdxDatasetName): Promise<Dataset> {
  return readFiles(name, "test", `t10k-first${committedTestImages}`, (file) => committedFile(name, file));
}

async function readFiles(
  name: IdxDatasetName,
  split: Split,
  stem: string,
  read: (file: string) => Promise<DatasetFile>,
): Promise<Dataset> {
  const classNames = classNamesOf[name];
  const images = await readArray(await read(`${stem}-images-idx3-ubyte`));
  const [count] = images.shape;
  if (count === 0 || formatShape(images.shape) !== formatShape([count, rows, columns])) {
    throw new InputError(
      `${images.name}: expected images of ${rows}×${columns} bytes, got ${formatShape(images.shape)}`,
    );
  }
  const labels = await readArray(await read(`${stem}-labels-idx1-ubyte`));
  if (formatShape(labels.shape) !== formatShape([count])) {
    throw new InputError(
      `${labels.name}: expected a label for each of ${count} images, got ${formatShape(labels.shape)}`,
    );
  }
  const wrong = labels.data.findIndex((label) => label >= classNames.length);
  if (wrong >= 0) {
    throw new InputError(
      `${labels.name}: expected labels from 0 to ${classNames.length - 1}, got ${labels.data[wrong]} at ${wrong}`,
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

const readArray = async ({ name, bytes }: DatasetFile) => ({ name, ...(await readIdx(bytes, name)) });
