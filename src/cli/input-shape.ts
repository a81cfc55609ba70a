import { InvalidArgumentError, Option } from "commander";
import { InputError } from "../he-ml/errors.js";
import type { LoadModelOptions } from "../he-ml/formats/read-network.js";
import { UnknownInputShapeError } from "../he-ml/formats/modules/input-shape.js";
import type { Network } from "../he-ml/model/model.js";
import { formatShape, type Shape } from "../he-ml/tensor/tensor.js";

/** `--input-shape 1x28x28`. */
export const inputShapeOption = () =>
  new Option(
    "--input-shape <shape>",
    "shape of one image, where the model's file does not say it, as 1x28x28",
  ).argParser(parseShape);

/** Larger images are not encrypted. */
const longestSide = 2 ** 20;

function parseShape(text: string): Shape {
  const sides = text.split(/[x×,]/).map((side) => (/^\s*\d+\s*$/.test(side) ? Number(side) : 0));
  if (sides.length <= 3 && sides.every((side) => side >= 1 && side <= longestSide)) return sides;
  throw new InvalidArgumentError("Expected up to three whole numbers of at least 1, as 1x28x28.");
}

/** Images of one dimension are one row high, whoever says so. */
const withoutOnes = (shape: Shape) => shape.filter((side) => side !== 1).join();

/**
 * Loads a model whose file may leave the shape of images open.
 *
 * @param given what the user says
 * @param otherwise the shape of the images at hand, asked for only where nothing is given
 * @throws InputError if the file says another shape than the user
 */
export async function loadInShape<T extends Network>(
  load: (model: string, options: LoadModelOptions) => Promise<T>,
  model: string,
  given: Shape | undefined,
  otherwise: () => Promise<Shape | undefined> = () => Promise.resolve(undefined),
): Promise<T> {
  const network = await load(model, { inputShape: given }).catch(async (error: unknown) => {
    // Only a file that leaves the shape open needs it, and another may mean its own shape.
    const inputShape = given || !(error instanceof InputError) ? undefined : await otherwise();
    if (inputShape) return load(model, { inputShape });
    if (!(error instanceof InputError && error.cause instanceof UnknownInputShapeError)) throw error;
    throw new InputError(`${error.message}, by --input-shape 1x28x28`);
  });
  if (given && withoutOnes(given) !== withoutOnes(network.inputShape)) {
    throw new InputError(
      `--input-shape: expected ${formatShape(network.inputShape)}, as the model's file says, got ${formatShape(given)}; ` +
        `leave it out`,
    );
  }
  return network;
}
