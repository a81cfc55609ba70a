/** Datasets and training, and what writes files. The package's subpath `he-ml/train`. */
import { requirePackages } from "../../he-ml/node/optional-packages.js";
import type { TrainAndExportOptions, TrainAndExportResult } from "../export.js";

export * from "../index.js";
export type { TrainAndExportOptions, TrainAndExportResult } from "../export.js";

/**
 * Trains a network, measures it with onnxruntime, and writes `model.onnx`, `metrics.json` and `card.md`.
 *
 * @throws UnsupportedLayersError, InputError and the signal's reason as `train`; InputError too if the folder
 *   cannot be written.
 * @example await trainAndExport({ architecture: "lenet1", dataset: "mnist", outputDirectory: "models/mine" });
 */
export async function trainAndExport(options: TrainAndExportOptions): Promise<TrainAndExportResult> {
  requirePackages("training");
  return (await import("../export.js")).trainAndExport(options);
}
