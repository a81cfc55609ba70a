/** Datasets and training. The package's subpath `he-ml/train` in a browser. */
import { InputError } from "../../he-ml/errors.js";
import type { TrainAndExportOptions, TrainAndExportResult } from "../export.js";

export * from "../index.js";
export type { TrainAndExportOptions, TrainAndExportResult } from "../export.js";

/** @throws InputError always: it writes a folder, and a page has none. */
export const trainAndExport: (options: TrainAndExportOptions) => Promise<TrainAndExportResult> = async () => {
  throw new InputError(
    "trainAndExport: a page has no folder to write to; call train, then writeOnnx(toModel(network, name)) for the bytes of " +
      "model.onnx, or run he-ml train on a computer of yours",
  );
};
