import { z } from "zod";
import { InputError } from "../he-ml/errors.js";
import { sizeOf, formatShape, stack, tensor, type Shape, type Tensor } from "../he-ml/tensor/tensor.js";
import { loadTestImages } from "../train/dataset.js";
import { readJsonFile } from "./json-file.js";

/** Images to classify, and what is known of them. */
export interface ImagesSource {
  /** `[n, …inputShape]` */
  readonly images: Tensor;
  /** What each image shows, where that is known. */
  readonly labels: readonly (number | null)[];
  /** How tables call each image. */
  readonly names: readonly string[];
}

/** Test images `index` to `index + count − 1`. @throws InputError if the dataset has no such images */
export async function datasetImages(dataset: string, index: number, count: number): Promise<ImagesSource> {
  const indices = Array.from({ length: count }, (_, i) => index + i);
  const { images, labels } = await loadTestImages(dataset, indices);
  return { images, labels: [...labels], names: indices.map(String) };
}

const imageFile = z.object({
  inputShape: z.array(z.int().positive()).optional(),
  inputs: z.array(z.unknown()).min(1),
});

/**
 * Images from a JSON file: one flat array, or `{ inputShape, inputs: [[…], …], outputs }`, whose values may be flat
 * or nested as the image is. `inputShape` may have a leading batch axis.
 *
 * @throws InputError if it is neither, or an image does not have the model's shape
 */
export async function jsonImages(path: string, modelShape: Shape): Promise<ImagesSource> {
  const content = await readJsonFile("--input", path);
  const parsed = imageFile.safeParse(Array.isArray(content) ? { inputs: [content] } : content);
  if (!parsed.success) {
    const [{ path: where, message }] = parsed.error.issues;
    throw new InputError(
      `--input: expected an array of numbers, or an object with inputShape and inputs; ` +
        `${where.length > 0 ? `${where.join(".")}: ` : ""}${message}`,
    );
  }
  const { inputs, inputShape } = parsed.data;
  if (inputShape) requireModelShape(inputShape, modelShape);
  const images = inputs.map((image, index) => {
    const values = flatten(image, index);
    if (values.length !== sizeOf(modelShape)) {
      throw new InputError(
        `--input: image ${index} has ${values.length} values, the model takes ${formatShape(modelShape)} ` +
          `(${sizeOf(modelShape)} values); resize it`,
      );
    }
    return tensor(modelShape, values);
  });
  return { images: stack(images), labels: images.map(() => null), names: images.map((_, i) => String(i)) };
}

function requireModelShape(inputShape: Shape, modelShape: Shape): void {
  const image = inputShape.length === modelShape.length + 1 ? inputShape.slice(1) : inputShape;
  if (formatShape(image) !== formatShape(modelShape)) {
    throw new InputError(
      `--input: inputShape is ${formatShape(inputShape)}, the model takes ${formatShape(modelShape)}; resize the images`,
    );
  }
}

function flatten(values: unknown, image: number): number[] {
  if (typeof values === "number") return [values];
  if (Array.isArray(values)) return values.flatMap((value) => flatten(value, image));
  throw new InputError(
    `--input: image ${image} holds ${JSON.stringify(values)}; every value must be a finite number`,
  );
}
