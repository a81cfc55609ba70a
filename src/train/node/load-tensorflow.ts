import { createRequire } from "node:module";
import { requirePackages } from "../../he-ml/node/optional-packages.js";
import type * as WithTensorflow from "../with-tensorflow.js";

const require = createRequire(import.meta.url);

/**
 * Functions that answer at once cannot await an import; Node requires ES modules as well.
 *
 * @throws InputError if TensorFlow.js is not installed
 */
export function tensorflowNow(): typeof WithTensorflow {
  requirePackages("training");
  return require("../with-tensorflow.js") as typeof WithTensorflow;
}

/** @throws InputError if TensorFlow.js is not installed */
export async function loadTensorflow(): Promise<typeof WithTensorflow> {
  requirePackages("training");
  return import("../with-tensorflow.js");
}
