import { basename, resolve } from "node:path";
import { writeOnnx } from "../he-ml/formats/onnx/write.js";
import type { Model } from "../he-ml/model/model.js";
import { requireArchitectureName } from "./architectures.js";
import { modelCard } from "./card.js";
import { datasetNotes } from "./dataset-notes.js";
import { sliceDataset } from "./dataset.js";
import { measureAccuracy, measureValueRanges } from "./evaluate.js";
import { loadDataset, requireDatasetName } from "./load-dataset.js";
import type { TrainingMetrics } from "./metrics.js";
import { toModel } from "./to-model.js";
import { train, type TrainingProgress, type TrainingResult } from "./train.js";
import { requireWritableFolder, writeFolder } from "./write-folder.js";

/** Where `trainAndExport` stands: training, then recording value ranges, then measuring accuracy. */
export type ExportProgress =
  | ({ readonly phase: "train" } & TrainingProgress)
  | { readonly phase: "value ranges" | "test"; readonly images: number; readonly totalImages: number };

export interface TrainAndExportOptions {
  readonly architecture: string;
  readonly dataset: string;
  /** A folder with the dataset's files; by default where they are installed. */
  readonly datasetDirectory?: string;
  /** The folder to write `model.onnx`, `metrics.json` and `card.md` into. */
  readonly outputDirectory: string;
  readonly seed?: number;
  /** Defaults to the architecture's recipe. */
  readonly epochs?: number;
  /** `wasm` or `tensorflow`; without it, tfjs-node where it can be loaded, else wasm. */
  readonly backend?: string;
  /** Weights to start from instead of random ones: a model of the same architecture. */
  readonly initialModel?: Model;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ExportProgress) => void;
}

export interface TrainAndExportResult {
  readonly outputDirectory: string;
  readonly model: Model;
  readonly metrics: TrainingMetrics;
}

const mostRangeImages = 5_000;

/**
 * Trains on the full training set, measures the result and writes the model's folder, all at the end: a run that
 * fails or is interrupted writes nothing.
 *
 * @throws InputError if an option cannot be used, the dataset is not installed or the folder cannot be written.
 * @throws The signal's reason when it aborts.
 * @example await trainAndExport({ architecture: "lenet1", dataset: "mnist", outputDirectory: "models/lenet1" })
 */
export async function trainAndExport(options: TrainAndExportOptions): Promise<TrainAndExportResult> {
  const { outputDirectory, signal, onProgress } = options;
  requireArchitectureName(options.architecture);
  const dataset = requireDatasetName(options.dataset);
  await requireWritableFolder(outputDirectory);
  const where = { directory: options.datasetDirectory };
  const training = await loadDataset(dataset, "train", where);
  const test = await loadDataset(dataset, "test", where);

  const result = await train({
    ...options,
    dataset: training,
    onProgress: (progress) => onProgress?.({ phase: "train", ...progress }),
  });
  const model = takeModel(result);
  const onnx = writeOnnx(model);
  const rangeImages = Math.min(mostRangeImages, training.images.count);
  const valueRanges = await measureValueRanges(model, sliceDataset(training, 0, rangeImages), {
    signal,
    onProgress: (images, totalImages) => onProgress?.({ phase: "value ranges", images, totalImages }),
  });
  const testAccuracy = await measureAccuracy(onnx, test, {
    signal,
    onProgress: (images, totalImages) => onProgress?.({ phase: "test", images, totalImages }),
  });

  const metrics: TrainingMetrics = {
    architecture: result.architecture,
    dataset,
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
  await writeFolder(outputDirectory, {
    "card.md": modelCard({
      name: basename(resolve(outputDirectory)),
      metrics,
      recipe: result.recipe,
      notes: await datasetNotes(dataset),
      isContinued: options.initialModel !== undefined,
    }),
    "metrics.json": `${JSON.stringify(metrics, null, 2)}\n`,
    "model.onnx": onnx,
  });
  return { outputDirectory, model, metrics };
}

function takeModel({ network, architecture }: TrainingResult): Model {
  try {
    return toModel(network, architecture);
  } finally {
    network.dispose();
  }
}
