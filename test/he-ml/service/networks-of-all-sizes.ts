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
import type { ParametersSpec } from "../../../src/he-ml/crypto/parameters.js";
import { compile } from "../../../src/he-ml/program/compile.js";
import { explain } from "../../../src/he-ml/program/explain.js";
import { infer } from "../../../src/he-ml/service/infer.js";
import { maxAbs, sizeOf, tensor, type Tensor } from "../../../src/he-ml/tensor/tensor.js";
import { seededRandom, sigmas } from "../support.js";

const images = 2;

/** Of so many networks one has eight to ten squares: on a ring with security each would take minutes. */
const oneDeepIn = 10;

/** The asked share of the largest output, four deviations, and what a trial on few images may be off by. */
const askedDeviation = (0.01 / 4) * 1.5;

export type Outcome = "right" | "refused";

/**
 * Draws a network, compiles it for images of its range, and runs it encrypted.
 *
 * @returns whether it was right as precisely as asked for, or refused, or told to be less precise, before anything was encrypted; all else fails
 */
export async function runDrawnNetwork(seed: number): Promise<Outcome> {
  const random = seededRandom(seed);
  const isDeep = seed % oneDeepIn === 0;
  const packing = isDeep
    ? "packed"
    : (["packed", "packed", "batch", "scalar"] as const)[Math.floor(4 * random())];
  // A square costs seconds on the large ring that it takes: half of the networks have none, an eighth has three.
  const squares = isDeep ? 8 + Math.floor(3 * random()) : Math.floor(4 * random() ** 2);
  const { model, inputs } = drawNetwork(random, squares);
  const what = `network ${seed}, packing ${packing}`;
  const outputs = modelForward(model, inputs);
  const ranges = valueRanges(model, inputs, outputs);
  let program;
  try {
    program = await compile(model, {
      packing,
      valueRanges: ranges,
      ...(packing === "packed" ? { samples: inputs } : {}),
      ...(packing === "packed" && !isDeep ? {} : { parameters: smallRing(squares) }),
    });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    expect(error.message).toMatch(/^[^\n]{20,2000}$/);
    return "refused";
  }
  const largest = maxAbs(outputs.at(-1)!.data);
  const explanation = explain(program, packing === "packed" ? {} : { sample: inputs });
  const { predictedError } = explanation.stages.at(-1)!;
  if (predictedError > askedDeviation * (largest || 1)) {
    // A chain that is given is taken as it is: that it will not do is told in advance. One that is chosen has to do.
    expect({ what, isGiven: packing !== "packed" || isDeep }).toEqual({ what, isGiven: true });
    return "refused";
  }
  const { results } = await infer(program, inputs);
  const error = Math.max(...results.map(({ maxAbsError }) => maxAbsError));
  // Doubles have 53 bits, and long sums lose a few.
  const most = sigmas * predictedError + 2 ** -40 * largest;
  expect({ what, error, most, right: error <= most }).toEqual({ what, error, most, right: true });
  return "right";
}

/**
 * A chain as `chooseParameters` would choose it, on a ring without security: what is computed there, and how its errors
 * grow, is the same, by operations that take a sixteenth of the time or less.
 */
const smallRing = (squares: number): ParametersSpec => ({
  polyModulusDegree: 1024,
  coeffModulusBits: [60, ...new Array<number>(2 * squares + 1).fill(40), 60],
  scaleBits: 40,
  security: "teaching",
});

/** A network of so many squares, whose layers give values from a millionth to a million, and images for it. */
function drawNetwork(
  random: () => number,
  squares: number,
): { readonly model: Model; readonly inputs: Tensor } {
  const between = (least: number, most: number) => least + Math.floor((most - least + 1) * random());
  const magnitude = (least: number, most: number) => 10 ** (least + (most - least) * random());
  const isDeep = squares > 3;
  const isImage = random() < 0.4;
  const shape = isImage
    ? [between(1, 2), between(3, isDeep ? 4 : 6), between(3, isDeep ? 4 : 6)]
    : [between(2, isDeep ? 4 : 9)];
  const inputSize = magnitude(-6, 6);
  const inputs = tensor(
    [images, ...shape],
    Float64Array.from({ length: images * sizeOf(shape) }, () => inputSize * (2 * random() - 1)),
  );
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
    // Each square doubles what errors there are, beside its value: deep, small values would drown in them.
    const inner = isDeep ? 1 : 3;
    const size = i === squares ? magnitude(-6, 6) : magnitude(-inner, inner);
    const [channels, height, width] = current.shape.slice(1);
    if (current.shape.length === 4 && i < squares && Math.min(height, width) > 2) {
      push(sized((weights) => convolutionalLayer({ name, weights }), [between(1, 3), channels, 2, 2], size));
    } else {
      if (current.shape.length === 4 && Math.min(height, width) > 1 && random() < 0.5) {
        push(averagePoolLayer({ name: `${name} pool`, kernelSize: 2, stride: 1 }));
      }
      if (current.shape.length === 4) push(flattenLayer({ name: `${name} flat` }));
      const features = current.shape[1];
      push(sized((weights) => linearLayer({ name, weights }), [between(1, isDeep ? 2 : 6), features], size));
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
