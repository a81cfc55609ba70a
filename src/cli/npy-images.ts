import { readUserFile } from "../he-ml/node/files/user-file.js";
import { formatShape, sizeOf, type Shape, type Tensor } from "../he-ml/tensor/tensor.js";
import { InputError } from "../he-ml/errors.js";
import type { ImagesSource } from "./images-source.js";
import { readNpy } from "./npy.js";

const mostMebibytes = 1024;

/**
 * Images from an array of NumPy's, `[n, …shape]`, or one image `[…shape]`.
 *
 * @throws InputError if the file cannot be read, or does not hold images of as many values as the model takes
 */
export async function npyImages(path: string, modelShape: Shape): Promise<ImagesSource> {
  const all = await readArray(path);
  const size = sizeOf(modelShape);
  const [count, ...shape] = isOneImage(all, modelShape) ? [1, ...all.shape] : all.shape;
  if (all.data.length === 0 || sizeOf(shape) !== size) {
    throw new InputError(
      `--input: "${path}" holds ${formatShape(all.shape)}, the model takes ${formatShape(modelShape)} (${size} values) an ` +
        `image; save an array of the images, one after the other`,
    );
  }
  const names = Array.from({ length: count }, (_, i) => String(i));
  return { images: { shape: [count, ...shape], data: all.data }, labels: names.map(() => null), names };
}

/** The shape of one of the array's images: what stands behind its first axis. */
export async function npyImageShape(path: string): Promise<Shape | undefined> {
  const { shape } = await readArray(path);
  return shape.length >= 2 ? shape.slice(1) : undefined;
}

const isOneImage = ({ shape, data }: Tensor, modelShape: Shape) =>
  data.length === sizeOf(modelShape) && (shape.length <= 1 || (shape[0] !== 1 && shape.length <= 3));

async function readArray(path: string): Promise<Tensor> {
  return readNpy(`--input: "${path}"`, await readUserFile("--input", path, mostMebibytes));
}
