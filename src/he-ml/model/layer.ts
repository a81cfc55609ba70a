import { inWords } from "../arguments.js";
import { InputError } from "../errors.js";
import { formatShape, requireTensor, sizeOf, type Shape, type Tensor } from "../tensor/tensor.js";
import type { Rows } from "./rows.js";

/** What every layer description carries. Descriptions are plain, immutable data. */
export interface LayerBase {
  /** Names the kind of layer, and with it the functions that know about it. */
  readonly kind: string;
  /** The name by which messages, traces and figures call this layer; unique in its model. */
  readonly name: string;
}

/**
 * What is known about one kind of layer. It stands here and nowhere else: the plain forward, encoded layers, plans, the
 * command, tables in notebooks and cards of models all read it. Shapes are of one image, without the batch axis.
 */
export type LayerDefinition<L extends LayerBase> = LinearDefinition<L> | ForwardDefinition<L>;

/** A kind that computes weighted sums, which are all there is to it: the plain forward follows. */
export interface LinearDefinition<L extends LayerBase> extends LayerFacts<L> {
  /** @param inputShape one that `outputShape` takes */
  rows(layer: L, inputShape: Shape): Rows;
  readonly forward?: undefined;
}

/** A linear kind that has weights. */
export interface WeightedDefinition<L extends LayerBase> extends LinearDefinition<L> {
  /** Which channels its weights join. */
  weightChannels(layer: L): WeightChannels;
}

/** A kind that is not linear, or moves no value. */
export interface ForwardDefinition<L extends LayerBase> extends LayerFacts<L> {
  /** Applies the layer to a batch: `[n, …inputShape]` → `[n, …outputShape]`. */
  forward(layer: L, batch: Tensor): Tensor;
  /** Where a layer of the kind happens to be linear, what weighted sums it computes. */
  rows?(layer: L, inputShape: Shape): Rows | undefined;
}

/** A kind that CKKS cannot compute: it runs on plain values only. */
export interface PlainOnlyDefinition<L extends LayerBase> extends ForwardDefinition<L> {
  /** What to put in its place. */
  readonly remedy: string;
}

interface LayerFacts<L extends LayerBase> {
  /** What users make one by; a description that it refuses is none. @throws InputError if a field is missing or wrong */
  make(layer: L): L;
  /** @throws InputError if the layer cannot take such an input. */
  outputShape(layer: L, inputShape: Shape): Shape;
  /** The kind in words: `average pool`. The same as the kind if left out. */
  readonly noun?: string;
  /** What this very layer is, where its kind does not say it in a word: the function of an activation. */
  op?(layer: L): string;
  /** Its geometry, or what else tells it from others of its kind, behind the noun: ` 5×5, stride 1`. */
  details?(layer: L): string;
  /** What stands behind its name in a list of layers: `4@5×5`. */
  brief?(layer: L): string;
  /** How many trained numbers it holds; none if left out. */
  parameters?(layer: L): number;
  /** Multiplications one after the other: with another ciphertext, and of any kind; none if left out. */
  depth?(layer: L): { readonly ciphertext: number; readonly total: number };
  /** Whether zeros come in beside its inputs, so that a number added to all inputs does not reach all outputs alike. */
  addsZeros?(layer: L): boolean;
  /** What to put in its place, where it runs on plain values only. */
  readonly remedy?: string;
}

/** Channels of a layer with weights, or the features of a linear one. */
export interface WeightChannels {
  readonly inputs: number;
  readonly outputs: number;
  /** The output channel that the weight at an index belongs to, and the input channel that it multiplies. */
  outputOf(index: number): number;
  inputOf(index: number): number;
}

/** Height and width. */
export type Pair = readonly [height: number, width: number];

/** Rows and columns added around an image. */
export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** PyTorch's habit: one number for both axes, a pair for height and width; or each side by itself. */
export type PaddingOption = number | Pair | Padding;

/** @throws InputError unless weights are a tensor, and the bias is one or left out */
export function requireWeights(what: string, weights: Tensor, bias: Tensor | undefined): void {
  requireTensor(`${what}: weights`, weights);
  if (bias !== undefined) requireTensor(`${what}: bias`, bias);
}

/** @throws InputError unless the value is a whole number, or two, of at least `minimum`. */
export function toPair(what: string, value: number | Pair, minimum: number): Pair {
  const pair: readonly unknown[] = Array.isArray(value) ? value.slice(0, 2) : [value, value];
  if (!isPair(pair, minimum)) {
    throw new InputError(
      `${what}: expected a whole number or two of at least ${minimum}, got ${[value].flat().map(inWords).join(", ")}`,
    );
  }
  return pair;
}

const isPair = (values: readonly unknown[], minimum: number): values is Pair =>
  values.length === 2 && values.every((size) => Number.isInteger(size) && (size as number) >= minimum);

/** @throws InputError unless every side is a whole number of at least 0. */
export function toPadding(what: string, value: PaddingOption): Padding {
  if (typeof value === "object" && value !== null && "top" in value) {
    const { top, bottom, left, right } = value;
    toPair(what, [top, bottom], 0);
    toPair(what, [left, right], 0);
    return { top, bottom, left, right };
  }
  const [height, width] = toPair(what, value, 0);
  return { top: height, bottom: height, left: width, right: width };
}

/** @throws InputError unless the shape is that of an image, `[channels, height, width]`. */
export function requireImageShape(layer: LayerBase, shape: Shape): readonly [number, number, number] {
  if (shape.length !== 3) {
    throw new InputError(
      `${describeLayer(layer)}: expected an image [channels, height, width], got ${formatShape(shape)}; ` +
        `such a layer comes before flatten`,
    );
  }
  return [shape[0], shape[1], shape[2]];
}

/** A layer as messages name it: its kind and its name. */
export function describeLayer(layer: LayerBase): string {
  return `${layer.kind} "${layer.name}"`;
}

/** Whether any side is padded. */
export function isPadded({ padding: { top, bottom, left, right } }: { readonly padding: Padding }): boolean {
  return top + bottom + left + right > 0;
}

/** Weights and biases. */
export function countWeights({
  weights,
  bias,
}: {
  readonly weights: Tensor;
  readonly bias?: Tensor;
}): number {
  return sizeOf(weights.shape) + (bias ? sizeOf(bias.shape) : 0);
}
