import { committedFile } from "#dataset-files";
import type { Dataset, Split } from "./dataset.js";
import { featureScales, standardisedRows, type FeatureScale, type LabelledRows } from "./standardised.js";
import { numberAt, parseTable } from "./table.js";

/**
 * Breast Cancer Wisconsin (Diagnostic): 569 rows of 30 features and a diagnosis. Features are standardised by mean
 * and standard deviation over the training rows.
 */
export async function readBreastCancer(split: Split): Promise<Dataset> {
  return standardisedRows(await readRows(), split);
}

/** By what {@link readBreastCancer} standardises, feature by feature. */
export async function breastCancerScales(): Promise<FeatureScale[]> {
  return featureScales(await readRows());
}

/** A line of names, then one of numbers for each row, whose last is the label. */
async function readRows(): Promise<LabelledRows> {
  const { name, bytes } = await committedFile("breast-cancer", "breast-cancer.csv");
  const table = parseTable(`dataset breast-cancer: "${name}"`, new TextDecoder().decode(bytes));
  const features = table.names!.slice(0, -1);
  return {
    name: "breast-cancer",
    features,
    classNames: ["malignant", "benign"],
    rows: table.rows.map((_, row) => features.map((_name, column) => numberAt(table, row, column))),
    labels: table.rows.map((_, row) => numberAt(table, row, features.length)),
  };
}
