import { formatShape } from "../he-ml/tensor/tensor.js";
import { fitToModel } from "./fit-to-model.js";
import { imageSource, type ImageOptions, type ImageTaker } from "./image-options.js";
import type { ImagesSource } from "./images-source.js";
import { listedImages } from "./json-images.js";
import type { ClientFile } from "./request-client-file.js";

/** Where nothing is said: the test set that models of such images are made for. */
const usualDatasets: Readonly<Record<string, string>> = { "28×28": "mnist", "12×12": "mnist-12x12" };

/**
 * Images as the command line names them, or else the client file, or else the first digit of MNIST; in the shape that the first
 * layer takes.
 *
 * @param file the first client file
 * @throws InputError if several are named, or none and the model is not one of digits, or they do not fit
 */
export async function requestImages(
  given: ImageOptions,
  file: ClientFile,
  taker: ImageTaker,
  warn: (message: string) => void,
): Promise<ImagesSource> {
  const source = await found(given, file, taker, warn);
  return { ...source, images: fitToModel(source.images, taker.inputShape, warn) };
}

async function found(
  given: ImageOptions,
  { dataset, index, input }: ClientFile,
  taker: ImageTaker,
  warn: (message: string) => void,
): Promise<ImagesSource> {
  const isNamed = (given.dataset ?? given.input ?? given.image) !== undefined;
  if (!isNamed && typeof input === "object") return listedImages(input, taker.inputShape);
  const usual = usualDatasets[formatShape(taker.inputShape.slice(-2))];
  const filed: ImageOptions = typeof input === "string" ? { input } : { index, dataset: dataset ?? usual };
  const named = await imageSource("request", isNamed ? given : { ...filed, ...withoutUndefined(given) });
  return named.find(taker, warn);
}

const withoutUndefined = (options: ImageOptions) =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
