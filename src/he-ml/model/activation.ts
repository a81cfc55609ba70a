import { inWords, requireOptions } from "../arguments.js";
import { InputError } from "../errors.js";
import type { LayerBase, PlainOnlyDefinition } from "./layer.js";

const { exp, log1p, max, min, tanh } = Math;

/** Activations that are no polynomials, with PyTorch's names and its values for what a file leaves out. */
const functions = {
  relu: (x) => max(0, x),
  relu6: (x) => min(6, max(0, x)),
  leakyRelu: (x, alpha = 0.01) => (x >= 0 ? x : alpha * x),
  elu: (x, alpha = 1) => (x > 0 ? x : alpha * Math.expm1(x)),
  celu: (x, alpha = 1) => (x > 0 ? x : alpha * Math.expm1(x / alpha)),
  selu: (x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
  silu: (x) => x / (1 + exp(-x)),
  hardswish: (x) => (x * min(max(x + 3, 0), 6)) / 6,
  softplus: (x) => max(0, x) + log1p(exp(-Math.abs(x))),
  sigmoid: (x) => 1 / (1 + exp(-x)),
  tanh: (x) => tanh(x),
} satisfies Record<string, (x: number, alpha?: number) => number>;

export type ActivationFunction = keyof typeof functions;

export const activationFunctions = Object.keys(functions) as ActivationFunction[];

/** An element-wise function that CKKS cannot compute: it runs on plain values only. */
export interface ActivationLayer extends LayerBase {
  readonly kind: "activation";
  readonly function: ActivationFunction;
  /** The slope of `leakyRelu` below zero (0.01), or the size of `elu`'s and `celu`'s dip (1). */
  readonly alpha?: number;
}

export interface ActivationOptions {
  readonly name?: string;
  readonly function: ActivationFunction;
  readonly alpha?: number;
}

/**
 * Describes an activation that runs on plain values only.
 *
 * @throws InputError if there is no such function, alpha is no finite number, or a `celu` is to divide by zero
 * @example activationLayer({ name: "relu1", function: "relu" })
 */
export function activationLayer(options: ActivationOptions): ActivationLayer {
  const { function: f, name = f, alpha } = requireOptions("activation", options);
  if (!activationFunctions.includes(f)) {
    throw new InputError(
      `activation: expected a function out of ${activationFunctions.join(", ")}, got ${inWords(f)}`,
    );
  }
  if (alpha !== undefined && !Number.isFinite(alpha)) {
    throw new InputError(`activation "${name}": alpha: expected a finite number, got ${inWords(alpha)}`);
  }
  if (f === "celu" && alpha === 0) {
    throw new InputError(`activation "${name}": expected an alpha other than 0 for celu, got 0; use relu`);
  }
  return { kind: "activation", name, function: f, alpha };
}

function apply(layer: ActivationLayer, x: number): number {
  const f: (x: number, alpha?: number) => number = functions[layer.function];
  return f(x, layer.alpha);
}

export const activation: PlainOnlyDefinition<ActivationLayer> = {
  make: activationLayer,
  outputShape: (_layer, inputShape) => inputShape,
  forward: (layer, batch) => ({ shape: batch.shape, data: batch.data.map((x) => apply(layer, x)) }),
  remedy: "put a square (x * x) or a fitted polynomial in its place and train again",
  op: (layer) => layer.function,
  brief: (layer) => `(${layer.function})`,
};
