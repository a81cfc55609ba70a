import { formatChain } from "../../he-ml/crypto/parameters.js";
import type { RunnableLayer } from "../../he-ml/layers/encoded-layer.js";
import type { Padding, Pair } from "../../he-ml/model/layer.js";
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
  { head: "kind", cell: ({ layer }) => kindText(layer) },
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
    ["kind", kindText(layer)],
    ["position in the model", modelLayers?.join(", ") ?? "stands alone"],
    ["parameters", String(parameterCount(layer))],
    ["weights at", formatScale(evaluator.parameters.weightScaleBits)],
    ["evaluator", evaluator.name],
    ["modulus chain", formatChain(evaluator.parameters)],
  ]);
}

function kindText(layer: PlacedLayer["layer"]): string {
  switch (layer.kind) {
    case "convolutional":
      return [
        `convolutional ${formatShape(layer.kernelSize)}`,
        ...strideAndPadding(layer),
        ...(layer.groups > 1 ? [`${layer.groups} groups`] : []),
        ...(isPairOf(layer.dilation, 1) ? [] : [`dilation ${pairText(layer.dilation)}`]),
      ].join(", ");
    case "averagePool":
      return [`average pool ${formatShape(layer.kernelSize)}`, ...strideAndPadding(layer)].join(", ");
    case "padding":
      return `padding ${sidesText(layer.padding)}`;
    case "polynomial":
      return `polynomial of degree ${layer.coefficients.length - 1}`;
    default:
      return layer.kind;
  }
}

function strideAndPadding({
  stride,
  padding,
}: {
  readonly stride: Pair;
  readonly padding: Padding;
}): string[] {
  const { top, bottom, left, right } = padding;
  const padded = top + bottom + left + right > 0;
  return [`stride ${pairText(stride)}`, ...(padded ? [`padding ${sidesText(padding)}`] : [])];
}

const isPairOf = ([a, b]: Pair, value: number) => a === value && b === value;
const pairText = (pair: Pair) => (pair[0] === pair[1] ? String(pair[0]) : formatShape(pair));

function sidesText({ top, bottom, left, right }: Padding): string {
  if (top === bottom && left === right) return pairText([top, left]);
  return `top ${top}, bottom ${bottom}, left ${left}, right ${right}`;
}
