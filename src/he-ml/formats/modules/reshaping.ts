import { InputError } from "../../errors.js";
import { flattenLayer } from "../../model/flatten.js";
import { unflattenLayer } from "../../model/unflatten.js";
import { formatShape, sizeOf, type Shape } from "../../tensor/tensor.js";
import type { ModuleOf } from "../description.js";
import type { Dimensions, Draft } from "./draft.js";
import { describeModule, type Weights } from "./weights.js";

/** Flattens all axes of an image at once, whether the last is counted from the front or from behind. */
export function flattenOf(module: ModuleOf<"Flatten">, _weights: Weights, dimensions: Dimensions): Draft {
  const { name, start_dim, end_dim } = module;
  if (start_dim === 1 && end_dim === -1) return flattenLayer({ name });
  return {
    kind: "shaped",
    name,
    at: (inputShape) => {
      const axes = inputShape.length === 3 ? dimensions + 2 : inputShape.length + 1;
      const fromFront = (axis: number) => (axis < 0 ? axis + axes : axis);
      if (fromFront(start_dim) === 1 && fromFront(end_dim) === axes - 1) return flattenLayer({ name });
      throw new InputError(
        `${describeModule(module)}: expected start_dim 1 and end_dim -1 or ${axes - 1}, got ${start_dim} and ` +
          `${end_dim}; flatten all axes of an image at once`,
      );
    },
  };
}

/** Makes features an image. One size may be -1: whatever is left. */
export function unflattenOf(module: ModuleOf<"Unflatten">, _weights: Weights, dimensions: Dimensions): Draft {
  const { name, dim, unflattened_size: sizes } = module;
  const what = describeModule(module);
  const known = sizes.filter((size) => size !== -1);
  const isImage =
    sizes.length === dimensions + 1 && known.length >= dimensions && known.every((size) => size > 0);
  if ((dim !== 1 && dim !== -1) || !isImage) {
    const image = dimensions === 1 ? "[channels, length]" : "[channels, height, width]";
    throw new InputError(
      `${what}: expected dim 1 and unflattened_size ${image}, got ${dim} and [${sizes.join(", ")}]; ` +
        `make features an image at once`,
    );
  }
  const layerOf = (shape: Shape) =>
    unflattenLayer({ name, shape: dimensions === 1 ? [shape[0], 1, shape[1]] : shape });
  return {
    kind: "shaped",
    name,
    takesFeatures: known.length === sizes.length ? sizeOf(sizes) : undefined,
    at: (inputShape) => {
      if (inputShape.length !== 1) {
        throw new InputError(
          `${what}: expected features, got ${formatShape(inputShape)}; put a Flatten before it`,
        );
      }
      return layerOf(sizes.map((size) => (size === -1 ? Math.floor(inputShape[0] / sizeOf(known)) : size)));
    },
  };
}
