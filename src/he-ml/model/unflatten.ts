import { listInWords, requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import { formatShape, reshape, sizeOf, type Shape } from "../tensor/tensor.js";
import { describeLayer, type LayerBase, type LayerDefinition } from "./layer.js";

/**
 * PyTorch's `Unflatten` of axis 1: `[n, c·h·w]` → `[n, c, h, w]`. Other shapes of as many values are taken too, as by
 * `view` and `unsqueeze`: values keep their row-major order.
 */
export interface UnflattenLayer extends LayerBase {
  readonly kind: "unflatten";
  /** Of one image, without the batch axis. */
  readonly shape: Shape;
}

export interface UnflattenOptions {
  readonly name?: string;
  readonly shape: Shape;
}

const mostAxes = 8;

/**
 * Describes an unflattening.
 *
 * @throws InputError unless the shape has 1 to 8 axes, each a whole number of at least 1
 * @example unflattenLayer({ name: "image", shape: [1, 28, 28] })
 */
export function unflattenLayer(options: UnflattenOptions): UnflattenLayer {
  const { name = "unflatten", shape } = requireOptions("unflatten", options);
  const isShape = Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 1);
  if (!isShape || shape.length === 0 || shape.length > mostAxes) {
    throw new InputError(
      `unflatten "${name}": expected a shape such as [channels, height, width], got ${listInWords(shape)}`,
    );
  }
  return { kind: "unflatten", name, shape: [...shape] as Shape };
}

function outputShape(layer: UnflattenLayer, inputShape: Shape): Shape {
  if (sizeOf(inputShape) === sizeOf(layer.shape)) return layer.shape;
  throw new InputError(
    `${describeLayer(layer)}: expected ${sizeOf(layer.shape)} values for ${formatShape(layer.shape)}, ` +
      `got ${formatShape(inputShape)}; give it the shape that its input has as an image`,
  );
}

/** No value moves, so that nothing is computed: there are no rows. */
export const unflatten: LayerDefinition<UnflattenLayer> = {
  make: unflattenLayer,
  outputShape,
  forward: (layer, batch) => reshape(batch, [batch.shape[0], ...outputShape(layer, batch.shape.slice(1))]),
  details: ({ shape }) => ` to ${formatShape(shape)}`,
  brief: ({ shape }) => `to ${formatShape(shape)}`,
};
