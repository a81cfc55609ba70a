import { accuracyLatency } from "./accuracy-latency.js";
import { batchSize } from "./batch-size.js";
import { concurrentImages } from "./concurrent-images.js";
import { encryptedAccuracy } from "./encrypted-accuracy.js";
import { errorPerLayer } from "./error-per-layer.js";
import { noise } from "./noise.js";
import { phases } from "./phases.js";
import type { ResearchFigure } from "./research-figure.js";
import { scaleAndLevel } from "./scale-and-level.js";

/** Every research figure, in the order of the gallery. */
export const figures: readonly ResearchFigure[] = [
  errorPerLayer,
  scaleAndLevel,
  noise,
  phases,
  batchSize,
  concurrentImages,
  encryptedAccuracy,
  accuracyLatency,
];
