import { formatModulus } from "../../he-ml/crypto/scheme-parameters.js";
import type { RunnableLayer } from "../../he-ml/layers/encoded-layer.js";
import { layerInWords } from "../../he-ml/model/layer-in-words.js";
import { layerShapes, type Model } from "../../he-ml/model/model.js";
import { parameterCount } from "../../he-ml/model/parameter-count.js";
import { formatShape } from "../../he-ml/tensor/tensor.js";
import { factsGrid, recordsGrid, type Column, type Grid } from "./grid.js";
import { formatCount, formatScale } from "./numbers.js";

/** A layer and its position in its model. */
interface PlacedLayer {
  /** Undefined for a re-encryption, which is none of the model's layers. */
  readonly position: number | undefined;
  readonly layer: RunnableLayer["layer"];
}

const layerColumns: readonly Column<PlacedLayer>[] = [
  { head: "position", cell: ({ position }) => String(position ?? ""), rightAligned: true },
  { head: "name", cell: ({ layer }) => layer.name },
  { head: "kind", cell: ({ layer }) => layerInWords(layer) },
];

const parametersColumn: Column<PlacedLayer> = {
  head: "parameters",
  cell: ({ layer }) => String(parameterCount(layer)),
  rightAligned: true,
};

export function modelGrid(model: Model): Grid {
  const { name, inputShape, layers } = model;
  const [, ...outputShapes] = layerShapes(model);
  const total = layers.reduce((sum, layer) => sum + parameterCount(layer), 0);
  const shapeColumn: Column<PlacedLayer> = {
    head: "output shape",
    cell: ({ position }) => formatShape(outputShapes[position!]),
  };
  return recordsGrid(
    `Model "${name}": input ${formatShape(inputShape)}, ${formatCount(layers.length, "layer")}, ` +
      formatCount(total, "parameter"),
    [...layerColumns, shapeColumn, parametersColumn],
    layers.map((layer, position) => ({ position, layer })),
  );
}

export function encodedLayersGrid(layers: readonly RunnableLayer[]): Grid {
  const [{ evaluator }] = layers;
  return recordsGrid(
    `${formatCount(layers.length, "encoded layer")} on ${evaluator.name}, ` +
      `weights at ${formatScale(evaluator.parameters.weightScaleBits)}`,
    [...layerColumns, parametersColumn],
    layers.map(({ layer, modelLayers }, at) => ({
      position: layer.kind === "reencryption" ? undefined : (modelLayers?.[0] ?? at),
      layer,
    })),
  );
}

export function encodedLayerGrid({ layer, modelLayers, evaluator }: RunnableLayer): Grid {
  return factsGrid("Encoded layer", [
    ["computes", "EncryptedTensor → EncryptedTensor"],
    ["name", layer.name],
    ["kind", layerInWords(layer)],
    ["position in the model", modelLayers?.join(", ") ?? "stands alone"],
    ["parameters", String(parameterCount(layer))],
    ["weights at", formatScale(evaluator.parameters.weightScaleBits)],
    ["evaluator", evaluator.name],
    ["modulus chain", formatModulus(evaluator.parameters)],
  ]);
}
