import { InputError } from "../he-ml/errors.js";
import { formatShape, type Shape } from "../he-ml/tensor/tensor.js";
import { fitToModel } from "./fit-to-model.js";
import { datasetImages, type ImagesSource } from "./images-source.js";
import { jsonImages, listedImages } from "./json-images.js";
import { npyImages } from "./npy-images.js";
import { pictureImages } from "./picture-images.js";
import type { ClientFile } from "./request-client-file.js";

/** Which images to send, as the command line says it. */
export interface RequestImages {
  readonly dataset?: string;
  readonly datasetDir?: string;
  readonly index?: number;
  readonly count?: number;
  readonly input?: string;
  readonly image?: string;
  readonly invert?: boolean;
}

/** Where nothing is said, the first digit that models of this shape were made for. */
const usualDatasets: Readonly<Record<string, string>> = { "28×28": "mnist", "12×12": "mnist-12x12" };

/**
 * Images by the command line, or else by the client file, or else the first of MNIST; in the shape that the first layer takes.
 *
 * @param file the first client file
 * @throws InputError if several sources are named, or none and the model is not one of digits
 */
export async function requestImages(
  given: RequestImages,
  file: ClientFile,
  shapes: { readonly input: Shape; readonly output: Shape },
  warn: (message: string) => void,
): Promise<ImagesSource> {
  const source = await found(sourceOf(given, file), shapes, warn);
  return { ...source, images: fitToModel(source.images, shapes.input, warn) };
}

type Source = Omit<RequestImages, "input"> & Pick<ClientFile, "input">;

function sourceOf(given: RequestImages, file: ClientFile): Source {
  const named = [given.dataset, given.input, given.image].filter((source) => source !== undefined);
  if (named.length > 1) throw new InputError("request: --dataset, --input and --image exclude each other; give one of them");
  if (given.invert && given.image === undefined) throw new InputError("request: --invert is for a picture; give --image");
  if (named.length === 0 && file.dataset !== undefined && file.input !== undefined) {
    throw new InputError(`request: "${file.path}": dataset and input exclude each other; leave one out`);
  }
  const { dataset, input } = named.length > 0 ? given : file;
  const chooses = given.index ?? given.count ?? given.datasetDir;
  if (chooses !== undefined && (given.image ?? input) !== undefined) {
    throw new InputError("request: --index, --count and --dataset-dir choose from a dataset; other images are taken whole");
  }
  return { ...given, dataset, input, index: given.index ?? file.index };
}

async function found(
  { dataset, datasetDir, index = 0, count = 1, input, image, invert = false }: Source,
  { input: shape, output }: { readonly input: Shape; readonly output: Shape },
  warn: (message: string) => void,
): Promise<ImagesSource> {
  if (image !== undefined) return pictureImages(image, shape, invert, warn);
  if (typeof input === "string") return input.toLowerCase().endsWith(".npy") ? npyImages(input, shape) : jsonImages(input, shape, output);
  if (input !== undefined) return listedImages(input, shape);
  const usual = dataset ?? usualDatasets[formatShape(shape.slice(-2))];
  if (usual !== undefined) return datasetImages(usual, index, count, datasetDir);
  throw new InputError(
    `request: expected images of ${formatShape(shape)}; give --dataset, --image, or --input with a .json or .npy file, or say it in the client file`,
  );
}
