import { InputError } from "../../errors.js";
import { formatShape, sizeOf, zeros, type Shape } from "../../tensor/tensor.js";
import { featurePlaces, fileShape, isOwnOrder, keepsOrder } from "../layout.js";
import { unflattenLayer } from "../../model/unflatten.js";
import type { ImageValue } from "./chain.js";
import { isImageValue, optionalConstant, settledImage, type Context, type Operator } from "./context.js";
import { describeNode } from "./describe-node.js";
import { axisOf, mostComputedValues, numbersOf, type ConstantInputs, type Fold } from "./fold-inputs.js";
import { intOf } from "./attributes.js";

// Nodes that add up values of an image, or put them elsewhere, and that no layer of ours is made for: each becomes a linear
// layer of the flattened image.

/** A matrix is stored with all its zeros. */
const mostEntries = 2 ** 23;

/** One output: which of the file's values are added up, each times a weight, and what is added. */
interface Sum {
  readonly inputs: readonly number[];
  readonly weight?: (term: number) => number;
  readonly bias?: number;
}

/**
 * Appends the linear layer that computes sums of an image's values.
 *
 * @param value what the last layer gives
 * @param outputShape of one image, in the file's order
 * @param sumAt the sum at a row-major position of the output
 */
export function appendSums(
  { chain, node }: Context,
  { layout }: ImageValue,
  outputShape: Shape,
  sumAt: (output: number) => Sum,
): ImageValue {
  const sizes = fileShape(layout);
  const [outputs, inputs] = [sizeOf(outputShape), sizeOf(sizes)];
  if (!outputShape.every((size) => size >= 1) || outputs * inputs > mostEntries) {
    throw new InputError(
      `${describeNode(node)}: makes ${formatShape(outputShape)} of ${formatShape(sizes)} by a matrix of ` +
        `${outputs * inputs} entries, expected 1 to ${mostEntries}; do it before encryption, or leave it out`,
    );
  }
  chain.spend(outputs * inputs);
  const places = featurePlaces(layout);
  const weights = zeros([outputs, inputs]);
  const bias = zeros([outputs]);
  for (let output = 0; output < outputs; output++) {
    const { inputs: terms, weight, bias: constant = 0 } = sumAt(output);
    terms.forEach((input, term) => {
      weights.data[output * inputs + (places ? places[input] : input)] += weight ? weight(term) : 1;
    });
    bias.data[output] = constant;
  }
  const hasBias = bias.data.some((value) => value !== 0);
  return chain.appendLinearMap([node], weights, hasBias ? bias : undefined, outputShape);
}

/** The image with its axes in the file's order also for us. */
export function settledInOrder(context: Context): ImageValue {
  const value = settledImage(context);
  const { layout } = value;
  const sizes = fileShape(layout);
  const isOneRow = layout.shape.length === 3 && layout.shape[1] === 1 && layout.order.join() === "0,2";
  const isOwn = isOwnOrder(layout) && layout.order.length === layout.shape.length;
  if (layout.isFlat ? keepsOrder(layout) : isOwn || isOneRow) return value;
  if (!keepsOrder(layout)) return appendSums(context, value, sizes, (output) => ({ inputs: [output] }));
  return { ...reshapedTo(context, sizes), poolPadding: value.poolPadding };
}

/** The same values under another shape, which is ours and the file's from here on. */
export function reshapedTo({ chain }: Context, shape: Shape): ImageValue {
  return chain.append("unflatten", [], (name) => unflattenLayer({ name, shape }));
}

/** An open batch of more images than the node's constants could mean. */
function batchFor({ graph, inputs }: Context): number {
  const numbers = inputs.flatMap((input) => (input && !isImageValue(input) ? [...input.data] : []));
  return graph.batchSize ?? 2 + numbers.reduce((most, n) => (n < 2 ** 24 ? Math.max(most, n) : most), 0);
}

/**
 * An operator that only moves, repeats or leaves out values of each image, by what it does to constants.
 *
 * @throws InputError if it treats images of a batch differently, or changes how many there are
 */
export const selection =
  (fold: Fold): Operator =>
  (context) => {
    const { node, inputs } = context;
    const value = settledImage(context);
    const { layout } = value;
    const sizes = fileShape(layout);
    const size = sizeOf(sizes);
    const batch = batchFor(context);
    if (batch * size > mostComputedValues) throw tooLarge(context, sizes);
    context.chain.spend(batch * size);
    const data = Float64Array.from({ length: batch * size }, (_, index) => index);
    const constants: ConstantInputs = inputs.map((_, index) => {
      if (index === 0) return { shape: [batch, ...sizes], data, type: "i64" };
      const constant = optionalConstant(context, index);
      return constant && { ...constant, data: constant.data.map((n) => (Number.isNaN(n) ? batch : n)) };
    });
    const moved = fold(node, constants);
    const [count, ...outputShape] = moved.shape;
    const outputs = sizeOf(outputShape);
    const isSame = moved.data.every((place, i) => place === (place % size) + Math.floor(i / outputs) * size);
    const isAlike = moved.data.every((place, i) => place % size === moved.data[i % outputs] % size);
    if (count !== batch || moved.shape.length === 0 || !isSame || !isAlike) {
      throw new InputError(
        `${describeNode(node)}: changes the batch axis, got [batch, ${sizes.join(", ")}]; ` +
          `each image must be treated by itself`,
      );
    }
    const isNothing = outputs === size && moved.data.subarray(0, size).every((place, i) => place === i);
    if (isNothing && outputShape.join() === sizes.join()) return value;
    if (isNothing && keepsOrder(layout)) return reshapedTo(context, outputShape);
    return appendSums(context, value, outputShape, (output) => ({ inputs: [moved.data[output]] }));
  };

function tooLarge({ node }: Context, sizes: Shape): InputError {
  return new InputError(
    `${describeNode(node)}: moves values of ${formatShape(sizes)}, which are too many; do it before encryption`,
  );
}

/** Sums or means over some axes of each image. */
export const reduction =
  (isMean: boolean): Operator =>
  (context) => {
    const { node } = context;
    const value = settledImage(context);
    const sizes = fileShape(value.layout);
    const rank = sizes.length + 1;
    const given = numbersOf(node, [undefined, optionalConstant(context, 1)], 1, "axes") ?? [];
    const isNothing = given.length === 0 && intOf(node, "noop_with_empty_axes", 0) !== 0;
    if (isNothing) return value;
    const axes = new Set((given.length === 0 ? [0] : given).map((axis) => axisOf(node, axis, rank)));
    if (axes.has(0)) {
      throw new InputError(
        `${describeNode(node)}: adds up images of the batch, got axes [${given.join(", ")}]; ` +
          `reduce axes from 1 to ${rank - 1}`,
      );
    }
    const isReduced = sizes.map((_, axis) => axes.has(axis + 1));
    const kept = sizes.map((size, axis) => (isReduced[axis] ? 1 : size));
    const outputShape = intOf(node, "keepdims", 1) ? kept : sizes.filter((_, axis) => !isReduced[axis]);
    if (outputShape.length === 0) {
      throw new InputError(
        `${describeNode(node)}: leaves one number without an axis of features for each image, got keepdims 0; ` +
          `set keepdims to 1`,
      );
    }
    context.chain.spend(sizeOf(sizes));
    const terms = termsOf(sizes, isReduced);
    return appendSums(context, value, outputShape, (output) => {
      const inputs = terms[output];
      return { inputs, weight: () => (isMean ? 1 / inputs.length : 1) };
    });
  };

/** For each value that is left, the row-major positions of those that go into it. */
function termsOf(sizes: Shape, isReduced: readonly boolean[]): number[][] {
  const kept = sizes.map((size, axis) => (isReduced[axis] ? 1 : size));
  const terms = Array.from({ length: sizeOf(kept) }, (): number[] => []);
  const position = sizes.map(() => 0);
  for (let input = 0; input < sizeOf(sizes); input++) {
    let output = 0;
    sizes.forEach((_, axis) => (output = output * kept[axis] + (isReduced[axis] ? 0 : position[axis])));
    terms[output].push(input);
    for (let axis = sizes.length - 1; axis >= 0 && ++position[axis] === sizes[axis]; axis--)
      position[axis] = 0;
  }
  return terms;
}
