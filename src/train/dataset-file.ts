/** A file of a dataset. */
export interface DatasetFile {
  /** How messages call it: its path, or its address. */
  readonly name: string;
  /** As it lies there, compressed or not. */
  readonly bytes: Uint8Array;
}

/** Datasets in MNIST's format, and under MNIST's file names. */
export const idxDatasetNames = ["mnist", "fashion-mnist"] as const;

export type IdxDatasetName = (typeof idxDatasetNames)[number];

/** So many first test images of each are committed under `models/datasets/NAME/`. */
export const committedTestImages = 200;
