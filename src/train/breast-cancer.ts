import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { committedDirectory } from "./committed-directory.js";
import type { Dataset, Split } from "./dataset.js";
import { seededRandom, shuffledIndices } from "./random.js";

const classNames = ["malignant", "benign"];

/** Share of the rows to learn from. */
const trainShare = 0.8;
/** Which rows those are never changes, so that no model has seen the test rows of another. */
const splitSeed = 1;

/** A feature as it is measured: what the loader subtracts and divides by. */
export interface FeatureScale {
  readonly name: string;
  readonly mean: number;
  readonly deviation: number;
}

interface Table {
  readonly features: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

/**
 * Breast Cancer Wisconsin (Diagnostic): 569 rows of 30 features and a diagnosis. Features are standardised by mean
 * and standard deviation over the training rows.
 */
export async function readBreastCancer(split: Split): Promise<Dataset> {
  const table = await readTable();
  const scales = featureScales(table);
  const rows = splitRows(table)[split];
  const size = scales.length;
  const values = new Float64Array(rows.length * size);
  rows.forEach((row, position) =>
    scales.forEach(({ mean, deviation }, feature) => {
      values[position * size + feature] = (row[feature] - mean) / deviation;
    }),
  );
  return {
    name: "breast-cancer",
    split,
    classNames,
    images: { count: rows.length, shape: [size], values, divisor: 1 },
    labels: Uint8Array.from(rows, (row) => row[size]),
  };
}

/** By what {@link readBreastCancer} standardises, feature by feature. */
export async function breastCancerScales(): Promise<FeatureScale[]> {
  return featureScales(await readTable());
}

/** A line of names, then one of numbers for each row, whose last is the label. */
async function readTable(): Promise<Table> {
  const text = await readFile(join(committedDirectory, "breast-cancer", "breast-cancer.csv"), "utf8");
  const [names, ...lines] = text.trim().split("\n");
  return {
    features: names.split(",").slice(0, -1),
    rows: lines.map((line) => line.split(",").map(Number)),
  };
}

function splitRows({ rows }: Table): Record<Split, readonly (readonly number[])[]> {
  const shuffled = Array.from(shuffledIndices(rows.length, seededRandom(splitSeed)), (index) => rows[index]);
  const train = Math.round(trainShare * rows.length);
  return { train: shuffled.slice(0, train), test: shuffled.slice(train) };
}

function featureScales(table: Table): FeatureScale[] {
  const { train } = splitRows(table);
  return table.features.map((name, feature) => {
    const mean = train.reduce((sum, row) => sum + row[feature], 0) / train.length;
    const variance = train.reduce((sum, row) => sum + (row[feature] - mean) ** 2, 0) / train.length;
    return { name, mean, deviation: Math.sqrt(variance) };
  });
}
