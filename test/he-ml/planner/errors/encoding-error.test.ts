import { beforeAll, describe, expect, test } from "@jest/globals";
import { checkParameters, type CkksParameters } from "../../../../src/he-ml/crypto/parameters.js";
import { convolutionalLayer } from "../../../../src/he-ml/model/convolutional.js";
import { linearLayer } from "../../../../src/he-ml/model/linear.js";
import { defineModel, type Layer } from "../../../../src/he-ml/model/model.js";
import { dithered } from "../../../../src/he-ml/program/dither.js";
import type { FullSlotLayout } from "../../../../src/he-ml/planner/layout/full-slot-layout.js";
import { ditheredBelowBits } from "../../../../src/he-ml/planner/errors/dither-criterion.js";
import { measureErrorBudget } from "../../../../src/he-ml/planner/errors/error-budget.js";
import { planModel, type Plan, type PlannedStage } from "../../../../src/he-ml/planner/plan.js";
import {
  rotateSlots,
  sumRotations,
  type Diagonal,
} from "../../../../src/he-ml/planner/matvec/linear-transform.js";
import { predictErrors } from "../../../../src/he-ml/planner/scales/stage-scales.js";
import { tensor, type Shape } from "../../../../src/he-ml/tensor/tensor.js";
import { openSeal, randomTensor, type SealSide } from "../../support.js";

const degree = 4096;

const givenParameters = (weightScaleBits: number) =>
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

const maps: readonly (readonly [string, Shape, Layer])[] = [
  ["dense, 64 → 64", [64], linear(64, 64, 1)],
  ["dense, 300 → 40", [300], linear(40, 300, 0.1)],
  ["sparse, 64 → 64, 2 weights a row", [64], linear(64, 64, 1, 2)],
  ["sparse, 64 → 64, 1 small weight a row", [64], linear(64, 64, 0.01, 1)],
  ["sparse, 200 → 48, 5 weights a row", [200], linear(48, 200, 0.3, 5)],
  ["convolution of 2×12×12", [2, 12, 12], convolution(0.2)],
];

let seal: SealSide;
beforeAll(async () => {
  seal = await openSeal(givenParameters(20));
});

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
  const budget = measureErrorBudget(
    [{ transform: stage.transform, output: stage.output as FullSlotLayout }],
    samples,
  );
  const sources = budget.sources.filter(({ kind }) => kind === "encoding");
  const bits = { before: 0, weights: stage.weightScaleBits, product: 0, activated: 0, after: 0, level: 1 };
  const [error] = predictErrors(degree, { ...budget, sources }, [bits], [50], 50);
  return error;
}

/** The same from plaintexts that SEAL encodes. */
function measured(stage: PlannedStage, samples: readonly Float64Array[][]): number {
  const { evaluator } = seal;
  const { transform, weightScaleBits, output } = stage;
  const scale = 2 ** weightScaleBits;
  const { diagonals, folds, poolSums, outputs } = transform!;
  const errors = diagonals.map((diagonal) => {
    const weights = weightsOf(stage, diagonal);
    using plaintext = evaluator.encode(dithered(weights, scale, degree), { level: 1, scale });
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
function ditheredCount(stage: PlannedStage): number {
  return stage.transform!.diagonals.filter((diagonal) => {
    const weights = weightsOf(stage, diagonal);
    return dithered(weights, 2 ** stage.weightScaleBits, degree) !== weights;
  }).length;
}

function planOf(inputShape: Shape, layer: Layer, parameters?: CkksParameters): Plan {
  return planModel(defineModel({ name: "map", inputShape, layers: [layer] }), { parameters });
}

/** How much larger SEAL's encoding error is than the predicted one. */
function ratio({ stages: [stage] }: Plan): number {
  const samples = samplesOf(stage);
  return measured(stage, samples) / predicted(stage, samples);
}

describe.each(maps)("the encoding error is what the planner says: %s", (_, inputShape, layer) => {
  test.each([7, 8, 9, 10, 11, 12, 14, 16, 20])("weights at 2^%d", (weightScaleBits) => {
    const found = ratio(planOf(inputShape, layer, givenParameters(weightScaleBits)));
    expect(found).toBeGreaterThan(1 / 1.5);
    expect(found).toBeLessThan(1.5);
  });

  test("weights at the scale that the planner chooses", () => {
    const plan = planOf(inputShape, layer);
    expect(plan.parameters.polyModulusDegree).toBe(degree);
    const found = ratio(plan);
    expect(found).toBeGreaterThan(1 / 1.5);
    expect(found).toBeLessThan(1.5);
  });

  test("weights are dithered at small scales, and not at large ones", () => {
    const [small, large] = [7, 24].map((bits) => planOf(inputShape, layer, givenParameters(bits)).stages[0]);
    expect(ditheredCount(small)).toBe(small.transform!.diagonals.length);
    expect(ditheredCount(large)).toBe(0);
  });
});

test("the criterion asks for coefficients of a unit, as a root mean square", () => {
  const weights = new Float64Array(degree / 2);
  weights[5] = 1;
  // One weight of 1 in N / 2 slots: coefficients of √2 / N, a unit at 2^11.5.
  expect(ditheredBelowBits(1, degree)).toBe(12);
  expect(dithered(weights, 2 ** 11, degree)).not.toEqual(weights);
  expect(dithered(weights, 2 ** 12, degree)).toBe(weights);
  const zeros = new Float64Array(degree / 2);
  expect(dithered(zeros, 1, degree)).toBe(zeros);
});

test("plaintexts of different weights get different noise", () => {
  const [a, b] = [1, 2].map((slot) => {
    const weights = new Float64Array(degree / 2);
    weights[slot] = 0.01;
    return dithered(weights, 2 ** 8, degree).map((value, i) => value - weights[i]);
  });
  const product = a.reduce((sum, value, i) => sum + value * b[i], 0);
  const powerOf = (noise: Float64Array) => noise.reduce((sum, value) => sum + value * value, 0);
  expect(Math.abs(product) / Math.sqrt(powerOf(a) * powerOf(b))).toBeLessThan(0.1);
});
