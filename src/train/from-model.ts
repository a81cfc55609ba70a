import * as tfl from "@tensorflow/tfjs-layers";
import { InputError } from "../he-ml/errors.js";
import { describeLayer } from "../he-ml/model/layer.js";
import type { Layer, Model } from "../he-ml/model/model.js";
import type { Shape } from "../he-ml/tensor/tensor.js";
import { AveragePool, Convolution } from "./image-layers.js";
import { Polynomial } from "./polynomial-layer.js";
import { Square } from "./square-layer.js";
import { loadWeights } from "./to-model.js";

/**
 * Builds a tfjs network with a model's layers and weights; every convolution and linear layer gets a bias.
 *
 * @throws InputError if tfjs cannot train one of the layers: a dilated convolution, or a kind that is not in the table.
 */
export function fromModel(model: Model): tfl.Sequential {
  const network = tfl.sequential();
  // tfjs takes only some names: none that begins with a slash, as PyTorch's exporter writes them.
  network.setUserDefinedMetadata({ layerNames: model.layers.map(({ name }) => name) });
  model.layers.forEach((layer, index) => {
    const first = index === 0 ? { inputShape: tfjsShape(model.inputShape) } : {};
    network.add(toTfjs(layer, { name: `layer${index}`, ...first }));
  });
  try {
    loadWeights(network, model);
    return network;
  } catch (error) {
    network.dispose();
    throw error;
  }
}

interface BaseConfig {
  readonly name: string;
  readonly inputShape?: number[];
}

type Builder<K extends Layer["kind"]> = (
  layer: Extract<Layer, { kind: K }>,
  base: BaseConfig,
) => tfl.layers.Layer;

/** Kinds that can be trained. */
const builders: { readonly [K in Layer["kind"]]?: Builder<K> } = {
  convolutional: (layer, base) => {
    if (layer.dilation.some((step) => step !== 1)) {
      throw new InputError(
        `train: ${describeLayer(layer)}: expected dilation 1, got ${layer.dilation.join("×")}; TensorFlow.js ` +
          `cannot train a dilated convolution`,
      );
    }
    const { kernelSize, padding, groups } = layer;
    const filters = layer.weights.shape[0];
    return new Convolution({ ...base, filters, kernelSize, strides: layer.stride, padding, groups });
  },
  averagePool: ({ kernelSize, stride, padding, countIncludePad }, base) =>
    new AveragePool({ ...base, kernelSize, strides: stride, padding, countIncludePad }),
  linear: ({ weights }, base) => tfl.layers.dense({ ...base, units: weights.shape[0] }),
  square: (_layer, base) => new Square(base),
  polynomial: ({ coefficients }, base) => new Polynomial({ ...base, coefficients }),
  padding: ({ padding: { top, bottom, left, right } }, base) =>
    tfl.layers.zeroPadding2d({
      ...base,
      padding: [
        [top, bottom],
        [left, right],
      ],
    }),
  flatten: (_layer, base) => tfl.layers.flatten(base),
  identity: (_layer, base) => tfl.layers.activation({ ...base, activation: "linear" }),
};

function toTfjs(layer: Layer, base: BaseConfig): tfl.layers.Layer {
  const build = builders[layer.kind] as ((layer: Layer, base: BaseConfig) => tfl.layers.Layer) | undefined;
  if (build) return build(layer, base);
  throw new InputError(
    `train: ${describeLayer(layer)}: expected one of ${Object.keys(builders).join(", ")}; such a layer cannot be ` +
      `trained here: train it in PyTorch, or put another in its place`,
  );
}

/** NHWC for images; a row of a table stays what it is. */
function tfjsShape(shape: Shape): number[] {
  const [channels, ...rest] = shape;
  return rest.length === 2 ? [...rest, channels] : [...shape];
}
