import { accuracyLatency } from "./accuracy-latency.js";
import { babySize } from "./baby-size.js";
import { batchSize } from "./batch-size.js";
import { concurrentImages } from "./concurrent-images.js";
import { encryptedAccuracy } from "./encrypted-accuracy.js";
import { errorPerLayer } from "./error-per-layer.js";
import { growth } from "./growth.js";
import { noise } from "./noise.js";
import { parameters } from "./parameters.js";
import { phases } from "./phases.js";
import { predictedError } from "./predicted-error.js";
import { rescaling } from "./rescaling.js";
import type { ResearchFigure } from "./research-figure.js";
import { rotations } from "./rotations.js";
import { scaleAndLevel } from "./scale-and-level.js";

/** Every research figure, in the order of the gallery. */
export const figures: readonly ResearchFigure[] = [
  errorPerLayer,
  scaleAndLevel,
  predictedError,
  rotations,
  parameters,
  growth,
  babySize,
  rescaling,
  noise,
  phases,
  batchSize,
  concurrentImages,
  encryptedAccuracy,
  accuracyLatency,
];
