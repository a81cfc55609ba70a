/** Datasets and training. The package's subpath `he-ml/train` in a browser. */
import { InputError } from "../../he-ml/errors.js";

export * from "../index.js";

/** @throws InputError always: it writes a folder, and a page has none. */
export async function trainAndExport(): Promise<never> {
  throw new InputError(
    "trainAndExport: a page has no folder to write to; call train, then writeOnnx(toModel(network, name)) for the bytes of " +
      "model.onnx, or run he-ml train on a computer of yours",
  );
}
