import { extname } from "node:path";
import { InputError } from "../he-ml/errors.js";
import { isInstalled } from "../he-ml/node/optional-packages.js";
import type { Tensor } from "../he-ml/tensor/tensor.js";

/**
 * onnxruntime's logits of an ONNX file, an oracle that shares no code with us.
 *
 * @returns undefined where our own plain forward has to do: for other files, and, told by a warning, without onnxruntime
 * or where it refuses the file: it has no dilated SAME convolution, say, and takes no images in half precision
 */
export async function referenceLogits(
  path: string,
  images: Tensor,
  warn: (message: string) => void,
): Promise<Tensor | undefined> {
  if (extname(path) !== ".onnx") return undefined;
  if (!isInstalled("onnxruntime")) {
    warn(
      "onnxruntime-node is not installed: the plain logits to compare with are HE-ML's own, not onnxruntime's",
    );
    return undefined;
  }
  const { onnxSession } = await import("../he-ml/node/onnx/run.js");
  try {
    const session = await onnxSession(path);
    return await session.run(images).finally(() => session.release());
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    warn(
      `onnxruntime cannot run this file (${error.message}): the plain logits to compare with are HE-ML's own`,
    );
    return undefined;
  }
}
