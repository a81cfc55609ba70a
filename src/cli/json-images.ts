import * as z from "zod";
import { InputError } from "../he-ml/errors.js";
import { readJsonFile } from "../he-ml/node/files/json-file.js";
import { formatShape, sizeOf, tensor, type Shape, type Tensor } from "../he-ml/tensor/tensor.js";
import type { ImagesSource } from "./images-source.js";

const imageFile = z.object({
  inputShape: z.array(z.int().positive()).optional(),
  inputs: z.array(z.unknown()).min(1),
  outputs: z.array(z.unknown()).optional(),
});

/**
 * Images from a JSON file: one flat array, or `{ inputShape, inputs: [[…], …], outputs: [[…], …] }`, whose values may
 * be flat or nested as the image is. `inputShape` may have a leading batch axis; `outputs` are the expected logits.
 * Images come in the shape that the file gives, or else in the model's.
 *
 * @throws InputError if it is neither, or an image does not have as many values as the model takes
 */
export async function jsonImages(path: string, modelShape: Shape, outputShape: Shape): Promise<ImagesSource> {
  return imagesOf(await readImageFile(path), modelShape, outputShape);
}

/**
 * Images that were given as lists of numbers: one, flat or nested as the model takes it, or a list of such.
 *
 * @throws InputError if they do not have as many values as the model takes
 */
export function listedImages(values: readonly unknown[], modelShape: Shape): ImagesSource {
  const count = values.flat(Infinity).length;
  const isOne = count === sizeOf(modelShape) && !(values.length === 1 && Array.isArray(values[0]));
  return imagesOf({ inputs: isOne ? [values] : [...values] }, modelShape, []);
}

function imagesOf(
  { inputs, outputs, inputShape }: z.infer<typeof imageFile>,
  modelShape: Shape,
  outputShape: Shape,
): ImagesSource {
  const shape = inputShape ? shapeOfOne(inputShape, inputs.length, modelShape) : modelShape;
  if (outputs && outputs.length !== inputs.length) {
    throw new InputError(`--input: expected outputs for ${inputs.length} image(s), got ${outputs.length}`);
  }
  return {
    images: readBatch("image", inputs, shape),
    labels: inputs.map(() => null),
    names: inputs.map((_, i) => String(i)),
    expectedLogits: outputs && readBatch("output", outputs, outputShape),
  };
}

/** The shape that a JSON file gives of one of its images, or undefined where it gives none that is clear. */
export async function jsonImageShape(path: string): Promise<Shape | undefined> {
  const { inputs, inputShape } = await readImageFile(path);
  if (!inputShape || inputShape.length >= 3) return inputShape?.slice(-3);
  const values = [inputs[0]].flat(inputShape.length).length;
  return [inputShape, inputShape.slice(1)].find((shape) => shape.length > 0 && sizeOf(shape) === values);
}

async function readImageFile(path: string): Promise<z.infer<typeof imageFile>> {
  const content = await readJsonFile("--input", path);
  const parsed = imageFile.safeParse(Array.isArray(content) ? { inputs: [content] } : content);
  if (parsed.success) return parsed.data;
  const [{ path: where, message }] = parsed.error.issues;
  throw new InputError(
    `--input: expected an array of numbers, or an object with inputShape and inputs; ` +
      `${where.length > 0 ? `${where.join(".")}: ` : ""}${message}`,
  );
}

/** The shape of one image. @throws InputError unless it has as many values as the model takes */
function shapeOfOne(inputShape: Shape, images: number, modelShape: Shape): Shape {
  const isWhole = sizeOf(inputShape) === sizeOf(modelShape) && inputShape.length <= modelShape.length;
  const [batch, ...image] = isWhole ? [images, ...inputShape] : inputShape;
  if (sizeOf(image) !== sizeOf(modelShape)) {
    throw new InputError(
      `--input: inputShape is ${formatShape(inputShape)}, the model takes ${formatShape(modelShape)}; resize the images`,
    );
  }
  // The original's files give the shape of one image with a batch axis of 1, whatever the number of inputs.
  if (batch !== images && batch !== 1) {
    throw new InputError(`--input: inputShape speaks of ${batch} images, inputs hold ${images}`);
  }
  return image;
}

function readBatch(what: string, items: readonly unknown[], shape: Shape): Tensor {
  const values = items.flatMap((item, index) => {
    const flat = Array.isArray(item) ? (item.flat(shape.length) as unknown[]) : [item];
    const bad = flat.find((value) => typeof value !== "number");
    if (bad !== undefined) {
      throw new InputError(
        `--input: ${what} ${index} holds ${Array.isArray(bad) ? "arrays nested too deep" : JSON.stringify(bad)}; ` +
          `every value must be a finite number`,
      );
    }
    if (flat.length !== sizeOf(shape)) {
      throw new InputError(
        `--input: ${what} ${index} has ${flat.length} values, the model has ${formatShape(shape)} ` +
          `(${sizeOf(shape)} values)`,
      );
    }
    return flat as number[];
  });
  return tensor([items.length, ...shape], values);
}
