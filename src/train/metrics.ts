import type { ArchitectureName } from "./architecture-name.js";
import type { Layer } from "../he-ml/model/model.js";
import type { BackendName } from "./backend.js";
import type { DatasetName } from "./load-dataset.js";
import type { TableNotes } from "./table-notes.js";
import type { ValueRange } from "../he-ml/model/value-range.js";

/** A network made HE-friendly: what was replaced, and what it cost. */
export interface Conversion {
  /** The network it was. */
  readonly from: string;
  readonly replaced: readonly {
    readonly name: string;
    readonly was: string;
    readonly became: Layer["kind"];
  }[];
  /** Shares of the test images, from 0 to 1, that onnxruntime classified rightly. */
  readonly accuracy: {
    readonly before: number;
    readonly afterReplacing: number;
    readonly afterFineTuning: number;
  };
}

/** What `metrics.json` holds: how a model was trained and how it did, as measured. */
export interface TrainingMetrics {
  /** Left out where the layers are those of the model that training started from. */
  readonly architecture?: ArchitectureName;
  /** How a network that could not be encrypted became this model. */
  readonly conversion?: Conversion;
  /** Left out where it was a table of one's own. */
  readonly dataset?: DatasetName;
  /** The table that it was instead, and by what its features are standardised. */
  readonly table?: TableNotes;
  /** What each output stands for, where that is more than its number. */
  readonly classNames?: readonly string[];
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
