import type { Dataset, Split } from "./dataset.js";
import { seededRandom, shuffledIndices } from "./random.js";

/** Share of the rows to learn from. */
const trainShare = 0.8;
/** Which rows those are never changes, so that no model has seen the test rows of another. */
const splitSeed = 1;

/** A feature as it is measured: what is subtracted from it, and what it is divided by. */
export interface FeatureScale {
  readonly name: string;
  readonly mean: number;
  readonly deviation: number;
}

/** Rows of features as they are measured, each with the position of its class. */
export interface LabelledRows {
  readonly name: string;
  readonly features: readonly string[];
  readonly classNames: readonly string[];
  readonly rows: readonly (readonly number[])[];
  readonly labels: readonly number[];
}

/** One part of the rows, their features standardised by mean and standard deviation over the training rows. */
export function standardisedRows(table: LabelledRows, split: Split): Dataset {
  const scales = featureScales(table);
  const chosen = splitOf(table)[split];
  const values = chosen.flatMap((index) => standardised(table.rows[index], scales));
  return {
    name: table.name,
    split,
    classNames: table.classNames,
    images: { count: chosen.length, shape: [scales.length], values: Float64Array.from(values), divisor: 1 },
    labels: Uint8Array.from(chosen, (index) => table.labels[index]),
  };
}

export const standardised = (row: readonly number[], scales: readonly FeatureScale[]): number[] =>
  scales.map(({ mean, deviation }, feature) => (row[feature] - mean) / deviation);

function splitOf({ rows }: LabelledRows): Record<Split, readonly number[]> {
  const shuffled = [...shuffledIndices(rows.length, seededRandom(splitSeed))];
  const train = Math.round(trainShare * rows.length);
  return { train: shuffled.slice(0, train), test: shuffled.slice(train) };
}

/** By what {@link standardisedRows} standardises; a feature that never changes becomes 0. */
export function featureScales(table: LabelledRows): FeatureScale[] {
  const train = splitOf(table).train.map((index) => table.rows[index]);
  return table.features.map((name, feature) => {
    const mean = train.reduce((sum, row) => sum + row[feature], 0) / train.length;
    const variance = train.reduce((sum, row) => sum + (row[feature] - mean) ** 2, 0) / train.length;
    return { name, mean, deviation: Math.sqrt(variance) || 1 };
  });
}
