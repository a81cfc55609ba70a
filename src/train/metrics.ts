import type { ArchitectureName } from "./architectures.js";
import type { BackendName } from "./backend.js";
import type { DatasetName } from "./load-dataset.js";
import type { ValueRange } from "../he-ml/model/value-range.js";

/** What `metrics.json` holds: how a model was trained and how it did, as measured. */
export interface TrainingMetrics {
  readonly architecture: ArchitectureName;
  readonly dataset: DatasetName;
  readonly seed: number;
  readonly epochs: number;
  readonly backend: BackendName;
  readonly trainImages: number;
  readonly testImages: number;
  /** Share of the test images that onnxruntime classified rightly, from 0 to 1. */
  readonly testAccuracy: number;
  readonly trainSeconds: number;
  /** `input` first, then every layer in order. */
  readonly valueRanges: readonly ValueRange[];
  /** How many training images the value ranges were recorded over. */
  readonly valueRangeImages: number;
}
