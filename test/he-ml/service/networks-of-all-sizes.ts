import { expect } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { averagePoolLayer } from "../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../src/he-ml/model/convolutional.js";
import { flattenLayer } from "../../../src/he-ml/model/flatten.js";
import { linearLayer } from "../../../src/he-ml/model/linear.js";
import {
  defineModel,
  layerForward,
  modelForward,
  type Layer,
  type Model,
} from "../../../src/he-ml/model/model.js";
import { squareLayer } from "../../../src/he-ml/model/square.js";
import { valueRanges } from "../../../src/he-ml/model/value-range.js";
import type { Packing } from "../../../src/he-ml/crypto/packing.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import { infer } from "../../../src/he-ml/service/infer.js";
import { maxAbs, sizeOf, tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { seededRandom, sigmas } from "../support.js";

const images = 2;

/** The asked share of the largest output, four deviations, and what a trial on few images may be off by. */
const askedDeviation = (0.01 / 4) * 1.5;

export type Outcome = "right" | "refused";

/**
 * Draws a network, compiles it for images of its range, and runs it encrypted.
 *
 * @returns whether it was right as precisely as asked for, or refused before anything was encrypted; all else fails
 */
export async function runDrawnNetwork(seed: number): Promise<Outcome> {
  const random = seededRandom(seed);
  const packing = (["packed", "packed", "batch", "scalar"] as const)[Math.floor(4 * random())];
  const { model, inputs } = drawNetwork(random, packing);
  const what = `network ${seed}, packing ${packing}`;
  const outputs = modelForward(model, inputs);
  const ranges = valueRanges(model, inputs, outputs);
  let program;
  try {
    program = await compile(model, {
      packing,
      valueRanges: ranges,
      ...(packing === "packed" ? { samples: inputs } : {}),
    });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toMatch(/^[^\n]{20,2000}$/);
    return "refused";
  }
  const largest = maxAbs(outputs.at(-1)!.data);
  const explanation = explain(program, packing === "packed" ? {} : { sample: inputs });
  const { predictedError } = explanation.stages.at(-1)!;
  if (packing === "packed") {
    expect({ what, precise: predictedError <= askedDeviation * (largest || 1) }).toEqual({
      what,
      precise: true,
    });
  }
  const { results } = await infer(program, inputs);
  const error = Math.max(...results.map(({ maxAbsError }) => maxAbsError));
  // Doubles have 53 bits, and long sums lose a few.
  const most = sigmas * predictedError + 2 ** -40 * largest;
  expect({ what, error, most, right: error <= most }).toEqual({ what, error, most, right: true });
  return "right";
}

/** A network of up to ten squares, whose layers give values from a millionth to a million, and images for it. */
function drawNetwork(
  random: () => number,
  packing: Packing,
): { readonly model: Model; readonly inputs: Tensor } {
  const between = (least: number, most: number) => least + Math.floor((most - least + 1) * random());
  const magnitude = (least: number, most: number) => 10 ** (least + (most - least) * random());
  const isImage = random() < 0.4;
  const shape = isImage ? [between(1, 2), between(3, 6), between(3, 6)] : [between(2, 9)];
  const inputSize = magnitude(-6, 6);
  const inputs = tensor(
    [images, ...shape],
    Float64Array.from({ length: images * sizeOf(shape) }, () => inputSize * (2 * random() - 1)),
  );
  // Deep networks take minutes on large rings: most are shallow, and only packed ones deep.
  const deepest = packing === "packed" && random() < 0.1 ? 10 : 3;
  const squares = between(0, deepest);
  const layers: Layer[] = [];
  let current = inputs;
  const push = (layer: Layer) => {
    layers.push(layer);
    current = layerForward(layer, current);
  };
  /** Weights under which the largest output has this size; or none at all, or of no size that an input knows. */
  const sized = (make: (weights: Tensor) => Layer, weightShape: readonly number[], size: number): Layer => {
    const weights = tensor(
      weightShape,
      Float64Array.from({ length: sizeOf(weightShape) }, () => 2 * random() - 1),
    );
    const kind = random();
    if (kind < 0.04) return make(scaled(weights, 0));
    if (kind < 0.08) return make(scaled(weights, 1e-9));
    const largest = maxAbs(layerForward(make(weights), current).data);
    return make(scaled(weights, largest > 0 ? size / largest : 1));
  };
  for (let i = 0; i <= squares; i++) {
    const name = `${layers.length}`;
    const size = i === squares ? magnitude(-6, 6) : magnitude(-3, 3);
    const [channels, height, width] = current.shape.slice(1);
    if (current.shape.length === 4 && i < squares && Math.min(height, width) > 2) {
      push(sized((weights) => convolutionalLayer({ name, weights }), [between(1, 3), channels, 2, 2], size));
    } else {
      if (current.shape.length === 4 && Math.min(height, width) > 1 && random() < 0.5) {
        push(averagePoolLayer({ name: `${name} pool`, kernelSize: 2, stride: 1 }));
      }
      if (current.shape.length === 4) push(flattenLayer({ name: `${name} flat` }));
      const features = current.shape[1];
      push(sized((weights) => linearLayer({ name, weights }), [between(1, 6), features], size));
    }
    if (i < squares) push(squareLayer({ name: `${name} square` }));
  }
  return { model: defineModel({ name: "drawn", inputShape: shape, layers }), inputs };
}

const scaled = ({ shape, data }: Tensor, factor: number) =>
  tensor(
    shape,
    data.map((value) => factor * value),
  );
