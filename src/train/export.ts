import { basename, resolve } from "node:path";
import { requireArgument, requireOptions } from "../he-ml/arguments.js";
import { InputError } from "../he-ml/errors.js";
import { writeOnnx } from "../he-ml/formats/onnx/write.js";
import { requireBatchOf, type Network } from "../he-ml/model/model.js";
import { unsupportedLayers } from "../he-ml/model/unsupported-layers.js";
import { requireArchitectureName } from "./architecture-name.js";
import { modelCard } from "./card.js";
import { datasetNotes, ownTableNotes, type DatasetNotes } from "./dataset-notes.js";
import { datasetInShape, properNames, selectImages, sliceDataset, type Dataset } from "./dataset.js";
import { measureAccuracy, measureValueRanges } from "./evaluate.js";
import { makeHeFriendly, replacements } from "./he-friendly/make-he-friendly.js";
import { loadDataset, requireDatasetName } from "./load-dataset.js";
import type { Conversion, TrainingMetrics } from "./metrics.js";
import { readOwnTable, type OwnTable } from "./own-table.js";
import { featureScales, standardisedRows } from "./standardised.js";
import { toPlainNetwork } from "./to-model.js";
import { train, type TrainingProgress, type TrainingResult } from "./train.js";
import { requireWritableFolder, writeFolder } from "./write-folder.js";

/** Where `trainAndExport` stands: training, recording value ranges, measuring accuracy. */
export type ExportProgress =
  | ({ readonly phase: "train" } & TrainingProgress)
  | { readonly phase: "value ranges" | "test"; readonly images: number; readonly totalImages: number };

export interface TrainAndExportOptions {
  /** One of `architectureNames`; without it, the layers are those of the initial model. */
  readonly architecture?: string;
  /** The name of a dataset; `mnist` if there is no table either. */
  readonly dataset?: string;
  /** A table of one's own to learn from instead; without an architecture or a model, `table` is the architecture. */
  readonly table?: OwnTable;
  /** A folder with the dataset's files; by default where they are installed. */
  readonly datasetDirectory?: string;
  /** The folder to write `model.onnx`, `metrics.json` and `card.md` into. */
  readonly outputDirectory: string;
  readonly seed?: number;
  /** Defaults to the architecture's recipe. */
  readonly epochs?: number;
  /** `wasm` or `tensorflow`; without it, tfjs-node where it can be loaded, else wasm. */
  readonly backend?: string;
  /**
   * Weights to start from instead of random ones: a model of the same architecture, if one is named. If none is, its
   * layers that cannot be encrypted are replaced first.
   */
  readonly initialModel?: Network;
  /** What takes the place of activations that cannot be encrypted: `square`, the default, or `polynomial`. */
  readonly activation?: string;
  /** Draws `accuracy.png`, which the card of a converted network shows. */
  readonly drawAccuracy?: (accuracy: Conversion["accuracy"]) => Promise<Uint8Array>;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ExportProgress) => void;
  /** Told what is done with the images where the initial model takes them in another shape. */
  readonly onFit?: (how: string) => void;
}

export interface TrainAndExportResult {
  readonly outputDirectory: string;
  readonly model: Network;
  readonly metrics: TrainingMetrics;
}

const mostRangeImages = 5_000;

/** Training images that replacements are fitted to. */
const mostFittingImages = 1_000;

/**
 * Trains on the full training set, measures the result and writes the model's folder, all at the end: a run that
 * fails or is interrupted writes nothing.
 *
 * @throws InputError if an option cannot be used, the dataset is not installed or the folder cannot be written.
 * @throws The signal's reason when it aborts.
 * @example await trainAndExport({ architecture: "lenet1", dataset: "mnist", outputDirectory: "models/lenet1" })
 */
export async function trainAndExport(options: TrainAndExportOptions): Promise<TrainAndExportResult> {
  const { outputDirectory, signal, onProgress } = requireOptions("trainAndExport", options);
  const isPath = typeof outputDirectory === "string" && outputDirectory !== "";
  requireArgument("trainAndExport: outputDirectory", isPath, "a folder's path", outputDirectory);
  const architecture = options.architecture ?? (options.table && !options.initialModel ? "table" : undefined);
  if (architecture !== undefined) requireArchitectureName(architecture);
  if (options.table === undefined) requireDatasetName(options.dataset ?? defaultDataset);
  await requireWritableFolder(outputDirectory);
  const { dataset, table, notes, ...source } = await loadSource(options);
  const shape = options.initialModel?.inputShape ?? source.training.images.shape;
  const training = datasetInShape(source.training, shape, options.onFit);
  const test = datasetInShape(source.test, shape);
  const accuracyOf = (network: Network) =>
    measureAccuracy(writeOnnx(network), test, {
      signal,
      onProgress: (images, totalImages) => onProgress?.({ phase: "test", images, totalImages }),
    });

  const { initialModel, conversion } = await startFrom({ ...options, architecture }, training, accuracyOf);
  const result = await train({
    ...options,
    architecture,
    ...(training === source.training ? {} : { maxShift: 0 }),
    initialModel,
    dataset: training,
    onProgress: (progress) => onProgress?.({ phase: "train", ...progress }),
  });
  const name = basename(resolve(outputDirectory));
  const model = takeModel(result, name);
  const rangeImages = Math.min(mostRangeImages, training.images.count);
  const valueRanges = await measureValueRanges(model, sliceDataset(training, 0, rangeImages), {
    signal,
    onProgress: (images, totalImages) => onProgress?.({ phase: "value ranges", images, totalImages }),
  });
  const testAccuracy = await accuracyOf(model);

  const metrics: TrainingMetrics = {
    architecture: result.architecture,
    conversion: conversion && {
      ...conversion,
      accuracy: { ...conversion.accuracy, afterFineTuning: testAccuracy },
    },
    dataset,
    table,
    classNames: properNames(training.classNames),
    seed: result.seed,
    epochs: result.recipe.epochs,
    backend: result.backend,
    trainImages: training.images.count,
    testImages: test.images.count,
    testAccuracy,
    trainSeconds: Math.round(result.trainSeconds * 10) / 10,
    valueRanges,
    valueRangeImages: rangeImages,
  };
  const picture =
    metrics.conversion && options.drawAccuracy && (await options.drawAccuracy(metrics.conversion.accuracy));
  await writeFolder(outputDirectory, {
    "card.md": modelCard({
      name,
      model,
      metrics,
      recipe: result.recipe,
      notes,
      from: options.initialModel?.name,
      hasPicture: picture !== undefined,
    }),
    ...(picture && { "accuracy.png": picture }),
    "metrics.json": `${JSON.stringify(metrics, null, 2)}\n`,
    "model.onnx": writeOnnx(model),
  });
  return { outputDirectory, model, metrics };
}

const defaultDataset = "mnist";

interface Source extends Pick<TrainingMetrics, "dataset" | "table"> {
  readonly training: Dataset;
  readonly test: Dataset;
  readonly notes: DatasetNotes;
}

async function loadSource({ dataset, table, datasetDirectory }: TrainAndExportOptions): Promise<Source> {
  if (table === undefined) {
    const known = requireDatasetName(dataset ?? defaultDataset);
    const where = { directory: datasetDirectory };
    return {
      dataset: known,
      training: await loadDataset(known, "train", where),
      test: await loadDataset(known, "test", where),
      notes: await datasetNotes(known),
    };
  }
  if ((dataset ?? datasetDirectory) !== undefined) {
    throw new InputError("train: a table of one's own takes the place of a dataset; give one of the two");
  }
  const rows = await readOwnTable(table);
  const tableNotes = { file: basename(table.file), label: table.label, features: featureScales(rows) };
  return {
    table: tableNotes,
    training: standardisedRows(rows, "train"),
    test: standardisedRows(rows, "test"),
    notes: ownTableNotes(tableNotes, rows.classNames),
  };
}

/** What training starts from: the initial model as it is, or without what cannot be encrypted. */
async function startFrom(
  { architecture, initialModel, activation = "square" }: TrainAndExportOptions,
  training: Dataset,
  accuracyOf: (network: Network) => Promise<number>,
): Promise<{
  readonly initialModel?: Network;
  readonly conversion?: Omit<Conversion, "accuracy"> & {
    readonly accuracy: Omit<Conversion["accuracy"], "afterFineTuning">;
  };
}> {
  const replacement = replacements.find((known) => known === activation);
  if (!replacement) {
    throw new InputError(`train activation: expected one of ${replacements.join(", ")}, got "${activation}"`);
  }
  if (!initialModel || architecture !== undefined) return { initialModel };
  const { images } = selectImages(
    sliceDataset(training, 0, Math.min(mostFittingImages, training.images.count)),
  );
  requireBatchOf(initialModel.inputShape, images, `train --from: model "${initialModel.name}"`);
  const unsupported = unsupportedLayers(initialModel);
  if (unsupported.length === 0) return { initialModel };
  const model = makeHeFriendly(initialModel, images, replacement);
  return {
    initialModel: model,
    conversion: {
      from: initialModel.name,
      replaced: unsupported.map(({ name, op, position }) => ({
        name,
        was: op,
        became: model.layers[position].kind,
      })),
      accuracy: { before: await accuracyOf(initialModel), afterReplacing: await accuracyOf(model) },
    },
  };
}

function takeModel({ network }: TrainingResult, name: string): Network {
  try {
    return toPlainNetwork(network, name);
  } finally {
    network.dispose();
  }
}
