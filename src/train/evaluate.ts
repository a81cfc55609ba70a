import { onnxSession } from "#onnx-session";
import { requireOptions } from "../he-ml/arguments.js";
import { giveWay } from "../he-ml/long-work.js";
import { modelForward, requireNetwork, type Network } from "../he-ml/model/model.js";
import { valueRanges, widened, type ValueRange } from "../he-ml/model/value-range.js";
import { argmax, imageAt } from "../he-ml/tensor/tensor.js";
import { imagesAt, requireDataset, type Dataset } from "./dataset.js";

export interface MeasureOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of images done and of all images. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Measures accuracy with onnxruntime; in a page, which has none, with the plain network of this library.
 *
 * @param onnxBytes An ONNX model that takes the dataset's images and returns one value a class.
 * @returns Share of the dataset's images, between 0 and 1, whose largest logit is at their label.
 * @throws InputError if the dataset cannot be used, or the model cannot be run on its images.
 * @throws The signal's reason when it aborts.
 * @example await measureAccuracy(writeOnnx(model), await loadDataset("mnist", "test"))
 */
export async function measureAccuracy(
  onnxBytes: Uint8Array,
  dataset: Dataset,
  options: MeasureOptions = {},
): Promise<number> {
  requireDataset("measureAccuracy", dataset);
  requireOptions("measureAccuracy", options);
  const session = await onnxSession(onnxBytes);
  let correct = 0;
  try {
    for await (const { images, labels } of chunks(dataset, 500, options)) {
      const logits = await session.run(images);
      labels.forEach((label, index) => {
        if (argmax(imageAt(logits, index).data) === label) correct++;
      });
    }
  } finally {
    await session.release();
  }
  return correct / dataset.images.count;
}

/**
 * Records each layer's value range with the plain forward.
 *
 * @param dataset Training images: ranges are what a plan is made from, and a plan should not have seen test images.
 * @returns `input` first, then every layer in order.
 * @throws InputError if it is no model, or the dataset cannot be used.
 * @throws The signal's reason when it aborts.
 */
export async function measureValueRanges(
  model: Network,
  dataset: Dataset,
  options: MeasureOptions = {},
): Promise<ValueRange[]> {
  requireNetwork("measureValueRanges", model);
  requireDataset("measureValueRanges", dataset);
  requireOptions("measureValueRanges", options);
  let ranges: ValueRange[] | undefined;
  for await (const { images } of chunks(dataset, 100, options)) {
    const seen = valueRanges(model, images, modelForward(model, images));
    ranges = ranges ? widened(ranges, seen) : seen;
  }
  return ranges ?? [];
}

async function* chunks(dataset: Dataset, size: number, { signal, onProgress }: MeasureOptions) {
  const { count } = dataset.images;
  for (let start = 0; start < count; start += size) {
    await giveWay();
    signal?.throwIfAborted();
    const end = Math.min(start + size, count);
    yield imagesAt(
      dataset,
      Array.from({ length: end - start }, (_, i) => start + i),
    );
    onProgress?.(end, count);
  }
}
