import { expect } from "@jest/globals";
import { checkParameters, type CkksParameters } from "../../../../src/he-ml/crypto/parameters.js";
import { runToEnd } from "../../../../src/he-ml/long-work.js";
import { convolutionalLayer } from "../../../../src/he-ml/model/convolutional.js";
import { linearLayer } from "../../../../src/he-ml/model/linear.js";
import { defineModel, type Layer } from "../../../../src/he-ml/model/model.js";
import { dithered } from "../../../../src/he-ml/program/dither.js";
import type { FullSlotLayout } from "../../../../src/he-ml/planner/layout/full-slot-layout.js";
import { measureErrorBudget } from "../../../../src/he-ml/planner/errors/error-budget.js";
import { planModel, type Plan, type PlannedStage } from "../../../../src/he-ml/planner/plan.js";
import {
  rotateSlots,
  sumRotations,
  type Diagonal,
} from "../../../../src/he-ml/planner/matvec/linear-transform.js";
import { predictErrors } from "../../../../src/he-ml/planner/scales/stage-scales.js";
import { tensor, type Shape } from "../../../../src/he-ml/tensor/tensor.js";
import { randomTensor, type SealSide } from "../../support.js";

export const degree = 4096;

export const givenParameters = (weightScaleBits: number) =>
  checkParameters({
    polyModulusDegree: degree,
    coeffModulusBits: [55, 55],
    scaleBits: 20,
    weightScaleBits,
    security: "teaching",
  });

/** Random weights, of each row all but so many zero. */
function linear(outputs: number, inputs: number, size: number, nonZeros = inputs): Layer {
  const { data } = randomTensor([outputs, inputs], outputs + inputs);
  const stride = 7;
  const weights = data.map((weight, i) => {
    const [row, column] = [Math.floor(i / inputs), i % inputs];
    return (column * stride + row) % inputs < nonZeros ? size * weight : 0;
  });
  return linearLayer({ name: "fc", weights: tensor([outputs, inputs], weights) });
}

const convolution = (size: number): Layer => {
  const { shape, data } = randomTensor([3, 2, 3, 3], 8);
  return convolutionalLayer({
    name: "conv",
    weights: tensor(
      shape,
      data.map((weight) => size * weight),
    ),
  });
};

export const maps: readonly (readonly [string, Shape, Layer])[] = [
  ["dense, 64 → 64", [64], linear(64, 64, 1)],
  ["dense, 300 → 40", [300], linear(40, 300, 0.1)],
  ["sparse, 64 → 64, 2 weights a row", [64], linear(64, 64, 1, 2)],
  ["sparse, 64 → 64, 1 small weight a row", [64], linear(64, 64, 0.01, 1)],
  ["sparse, 200 → 48, 5 weights a row", [200], linear(48, 200, 0.3, 5)],
  ["convolution of 2×12×12", [2, 12, 12], convolution(0.2)],
];

function weightsOf({ transform }: PlannedStage, { entries }: Diagonal): Float64Array {
  return Float64Array.from(entries, (entry) => (entry < 0 ? 0 : transform!.map.weights[entry]));
}

/** The slots of images in [0, 1]. */
function samplesOf({ input, inputShape }: PlannedStage): Float64Array[][] {
  return [1, 2, 3].map((seed) => {
    const { data } = randomTensor(inputShape, seed);
    return input.map((held) => Float64Array.from(held, (value) => (value < 0 ? 0 : Math.abs(data[value]))));
  });
}

/** What the planner says of a stage's encoding error, as a standard deviation at its outputs. */
function predicted(stage: PlannedStage, samples: readonly Float64Array[][]): number {
  const budget = runToEnd(
    measureErrorBudget(
      [{ transform: stage.transform, output: stage.output as FullSlotLayout }],
      samples,
      "seal",
    ),
  );
  const sources = budget.sources.filter(({ kind }) => kind === "encoding");
  const bits = { before: 0, weights: stage.weightScaleBits, product: 0, activated: 0, after: 0, level: 1 };
  const [error] = predictErrors(degree, { ...budget, sources }, [bits], [50], 50);
  return error;
}

/** The same from plaintexts that SEAL encodes. */
function measured({ evaluator }: SealSide, stage: PlannedStage, samples: readonly Float64Array[][]): number {
  const { transform, weightScaleBits, output } = stage;
  const scale = 2 ** weightScaleBits;
  const { diagonals, folds, poolSums, outputs } = transform!;
  const errors = diagonals.map((diagonal) => {
    const weights = weightsOf(stage, diagonal);
    using plaintext = evaluator.encode(dithered(weights, scale), { level: 1, scale });
    return evaluator.decode(plaintext).map((value, slot) => value - weights[slot]);
  });
  const squares = samples.flatMap((inputs) => {
    const pooled = inputs.map((slots) => sumRotations(slots, poolSums));
    const totals = Array.from({ length: outputs }, () => new Float64Array(degree / 2));
    diagonals.forEach(({ input, output: target, baby, giant }, i) => {
      const read = rotateSlots(pooled[input], baby);
      const product = rotateSlots(
        errors[i].map((error, slot) => error * read[slot]),
        giant,
      );
      product.forEach((value, slot) => (totals[target][slot] += value));
    });
    const folded = totals.map((slots) => sumRotations(slots, folds));
    return output.flatMap((held, i) =>
      Array.from(held).flatMap((value, slot) => (value < 0 ? [] : [folded[i][slot] ** 2])),
    );
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

/** How many of a stage's plaintexts are dithered. */
export function ditheredCount(stage: PlannedStage): number {
  return stage.transform!.diagonals.filter((diagonal) => {
    const weights = weightsOf(stage, diagonal);
    return dithered(weights, 2 ** stage.weightScaleBits) !== weights;
  }).length;
}

export function planOf(inputShape: Shape, layer: Layer, parameters?: CkksParameters): Plan {
  return planModel(defineModel({ name: "map", inputShape, layers: [layer] }), { parameters });
}

/** SEAL's encoding error is the predicted one, within a factor of 1.5. */
export function expectAsPredicted(seal: SealSide, { stages: [stage] }: Plan): void {
  const samples = samplesOf(stage);
  const ratio = measured(seal, stage, samples) / predicted(stage, samples);
  expect(ratio).toBeGreaterThan(1 / 1.5);
  expect(ratio).toBeLessThan(1.5);
}
