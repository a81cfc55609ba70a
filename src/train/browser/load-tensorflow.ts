import { InputError } from "../../he-ml/errors.js";
import type * as WithTensorflow from "../with-tensorflow.js";

let loaded: typeof WithTensorflow | undefined;

/** @throws InputError unless it was loaded before: a page loads scripts while other work goes on */
export function tensorflowNow(): typeof WithTensorflow {
  if (loaded) return loaded;
  throw new InputError("train: expected TensorFlow.js, which is not loaded yet; await useBackend() first");
}

export async function loadTensorflow(): Promise<typeof WithTensorflow> {
  return (loaded ??= await import("../with-tensorflow.js"));
}
