import type { Network, NetworkLayer } from "../he-ml/model/model.js";

/** A network's layers in order, as a model's card names them: `conv1 4@5×5 → square1 → …`. */
export function layersInWords({ layers }: Network): string {
  return layers.map((layer) => [layer.name, details(layer)].filter(Boolean).join(" ")).join(" → ");
}

function details(layer: NetworkLayer): string {
  switch (layer.kind) {
    case "convolutional":
      return `${layer.weights.shape[0]}@${layer.kernelSize.join("×")}${steps(layer.stride, [1, 1])}`;
    case "linear":
      return `${layer.weights.shape[1]}→${layer.weights.shape[0]}`;
    case "averagePool":
      return `(mean of ${layer.kernelSize.join("×")}${steps(layer.stride, layer.kernelSize)})`;
    case "maxPool":
      return `(largest of ${layer.kernelSize.join("×")}${steps(layer.stride, layer.kernelSize)})`;
    case "polynomial":
      return `(${layer.coefficients.map((c, power) => term(c, power)).join(" + ")})`;
    case "activation":
      return `(${layer.function})`;
    case "square":
      return layer.name.includes("square") ? "" : "(square)";
    case "flatten":
    case "padding":
    case "identity":
      return "";
  }
}

const steps = (stride: readonly number[], usual: readonly number[]) =>
  stride.every((step, axis) => step === usual[axis]) ? "" : ` stride ${stride.join("×")}`;

function term(coefficient: number, power: number): string {
  const factor = Number(coefficient.toPrecision(3));
  return power === 0 ? String(factor) : `${factor}·x${["", "", "²", "³"][power] ?? `^${power}`}`;
}
