import { describe, expect, test } from "@jest/globals";
import * as fc from "fast-check";
import type { Pair } from "../../../../src/he-ml/model/layer.js";
import { averagePoolLayer } from "../../../../src/he-ml/model/average-pool.js";
import { convolutionalLayer } from "../../../../src/he-ml/model/convolutional.js";
import { layerForward, layerOutputShape } from "../../../../src/he-ml/model/model.js";
import type { FullSlotLayout } from "../../../../src/he-ml/planner/layout/full-slot-layout.js";
import {
  slotsOfImage,
  imageExtent,
  planesLayout,
} from "../../../../src/he-ml/planner/layout/image-layout.js";
import { affineOfLayer } from "../../../../src/he-ml/planner/stages/affine-of-layer.js";
import { poolLayout } from "../../../../src/he-ml/planner/layout/pooled-layout.js";
import type { Candidate } from "../../../../src/he-ml/planner/matvec/candidate.js";
import { hybridDiagonalCandidates } from "../../../../src/he-ml/planner/matvec/hybrid-diagonals.js";
import { im2colCandidates } from "../../../../src/he-ml/planner/matvec/im2col.js";
import { equalRotations } from "../../../../src/he-ml/planner/matvec/rotation-costs.js";
import { sentDiagonalCandidates } from "../../../../src/he-ml/planner/matvec/sent-diagonals.js";
import { shiftCandidates } from "../../../../src/he-ml/planner/matvec/shift.js";
import {
  applyTransform,
  rotateSlots,
  transformCosts,
  sumRotations,
  withOutputLayout,
  type LinearTransform,
} from "../../../../src/he-ml/planner/matvec/linear-transform.js";
import { applyAffine, affineMap } from "../../../../src/he-ml/planner/stages/affine-map.js";
import { tensor } from "../../../../src/he-ml/tensor/tensor.js";
import { randomTensor, seededRandom } from "../../support.js";

const slots = 256;

/** Slots that hold values as a layout wants them, and large garbage everywhere else. */
function filled(layout: FullSlotLayout, values: ArrayLike<number>, seed: number): Float64Array[] {
  const random = seededRandom(seed);
  return layout.map((held) =>
    Float64Array.from(held, (value) => (value < 0 ? 1e6 * random() : values[value])),
  );
}

/** Every slot that is said to hold an output holds it, whatever lies in the slots that hold no input. */
function expectComputes(transform: LinearTransform, input: FullSlotLayout, seed: number): void {
  const { map, output } = transform;
  const { data } = randomTensor([map.columns], seed);
  const expected = applyAffine({ ...map, bias: new Float64Array(map.rows) }, data);
  const computed = applyTransform(transform, (entry) => map.weights[entry], filled(input, data, seed + 1));
  const found = new Set<number>();
  let largest = 0;
  output.forEach((held, i) => {
    for (let slot = 0; slot < slots; slot++) {
      if (held[slot] < 0) continue;
      found.add(held[slot]);
      largest = Math.max(largest, Math.abs(computed[i][slot] - expected[held[slot]]));
    }
  });
  expect(largest).toBeLessThan(1e-6);
  expect(found.size).toBe(map.rows);
}

/** Works out some candidates of each kind; returns how many there were. */
function expectAllCompute(
  candidates: Iterable<Candidate>,
  layout: FullSlotLayout | undefined,
  most = 12,
): number {
  const all = [...candidates];
  const every = Math.max(1, Math.floor(all.length / most));
  const built = all.filter((_, i) => i % every === 0).flatMap((candidate) => candidate.build() ?? []);
  built.forEach(({ transform, input }, i) => expectComputes(transform, (input ?? layout)!, i));
  return built.length;
}

interface Problem {
  readonly channels: number;
  readonly outputs: number;
  readonly image: Pair;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly phases: Pair;
  readonly seed: number;
}

const pair = (min: number, max: number): fc.Arbitrary<Pair> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
const problems: fc.Arbitrary<Problem> = fc.record({
  channels: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 4 }),
  image: pair(3, 7),
  kernel: pair(1, 3),
  stride: pair(1, 2),
  phases: pair(1, 2),
  seed: fc.nat(9999),
});

/** Rotations that share nothing, and such as share most of their work. */
const costsTried = [equalRotations, { decompose: 0.5, innerProduct: 0.1, modDown: 0.2 }];

function convolution({ channels, outputs, image, kernel, stride, seed }: Problem) {
  const layer = convolutionalLayer({ weights: randomTensor([outputs, channels, ...kernel], seed), stride });
  const inputShape = [channels, ...image] as const;
  const outputShape = layerOutputShape(layer, inputShape) as unknown as readonly [number, number, number];
  const costs = costsTried[seed % 2];
  return { map: affineOfLayer(layer, inputShape)!, inputShape, outputShape, stride, costs };
}

describe("every candidate that is worked out computes its map, and reads no slot that holds nothing:", () => {
  test("im2col", () => {
    let built = 0;
    fc.assert(
      fc.property(problems, (problem) => {
        const phases = [[1, 1] as const, problem.phases];
        built += expectAllCompute(
          im2colCandidates({ ...convolution(problem), slots, mostInputs: 8, phases }),
          undefined,
        );
      }),
      { seed: 71, numRuns: 25 },
    );
    expect(built).toBeGreaterThan(50);
  });

  test("sent diagonals", () => {
    let built = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 60 }), (rows, columns) => {
        const map = affineMap(rows, columns, (row) => ({
          entries: Array.from({ length: columns }, (_, column) => ({
            column,
            weight: Math.sin(row * 7 + column),
          })),
          bias: 0,
        }));
        built += expectAllCompute(
          sentDiagonalCandidates({ map, slots, mostInputs: 12, costs: costsTried[rows % 2] }),
          undefined,
        );
      }),
      { seed: 72, numRuns: 25 },
    );
    expect(built).toBeGreaterThan(50);
  });

  test("shift and hybrid diagonals", () => {
    let built = 0;
    fc.assert(
      fc.property(problems, (problem) => {
        const { map, inputShape, outputShape, stride, costs } = convolution(problem);
        const rowStride = Math.ceil(inputShape[2] / problem.phases[1]);
        const plane = rowStride * Math.ceil(inputShape[1] / problem.phases[0]);
        const imageLayout = planesLayout({
          shape: inputShape,
          phases: problem.phases,
          rowStride,
          plane,
          slots,
        });
        if (!imageLayout || imageExtent(imageLayout) > slots) return;
        const layout = slotsOfImage(imageLayout, slots);
        const phases = [[1, 1] as const];
        const shared = { map, layout, slots, poolSums: [], costs };
        built += expectAllCompute(
          shiftCandidates({ ...shared, imageLayout, outputShape, stride, phases }),
          layout,
        );
        built += expectAllCompute(hybridDiagonalCandidates(shared), layout);
      }),
      { seed: 73, numRuns: 12 },
    );
    expect(built).toBeGreaterThan(50);
  });

  test("hybrid diagonals over a repeated input", () => {
    const map = affineMap(6, 16, (row) => ({
      entries: Array.from({ length: 16 }, (_, column) => ({ column, weight: Math.cos(row * 5 + column) })),
      bias: 0,
    }));
    const layout = [Int32Array.from({ length: slots }, (_, slot) => slot % 16)];
    expect(
      expectAllCompute(
        hybridDiagonalCandidates({ map, layout, slots, poolSums: [], costs: equalRotations }),
        layout,
        40,
      ),
    ).toBeGreaterThan(20);
  });
});

test("pooling by rotations gives the plain average pool wherever it says so, and is not tried where windows overlap", () => {
  let pooled = 0;
  fc.assert(
    fc.property(problems, pair(1, 4), ({ channels, image: size, phases, seed }, kernelSize) => {
      const fitting: Pair = [Math.min(kernelSize[0], size[0]), Math.min(kernelSize[1], size[1])];
      const layer = averagePoolLayer({ kernelSize: fitting });
      const shape = [channels, ...size] as const;
      const rowStride = Math.ceil(size[1] / phases[1]);
      const plane = rowStride * Math.ceil(size[0] / phases[0]);
      const imageLayout = planesLayout({ shape, phases, rowStride, plane, slots });
      if (!imageLayout || imageExtent(imageLayout) > slots) return;
      const pooledLayout = poolLayout(layer, imageLayout, slotsOfImage(imageLayout, slots));
      if (!pooledLayout) return;
      pooled++;
      const { data } = randomTensor(shape, seed);
      const expected = layerForward(layer, tensor([1, ...shape], data)).data;
      const found = new Set<number>();
      filled(slotsOfImage(imageLayout, slots), data, seed).forEach((values, i) =>
        sumRotations(values, pooledLayout.sums).forEach((sum, slot) => {
          const window = pooledLayout.slotLayout[i][slot];
          if (window < 0) return;
          found.add(window);
          expect(sum / pooledLayout.divisor).toBeCloseTo(expected[window], 9);
        }),
      );
      expect(found.size).toBe(expected.length);
    }),
    { seed: 74, numRuns: 60 },
  );
  expect(pooled).toBeGreaterThan(20);
  const imageLayout = planesLayout({ shape: [1, 4, 4], phases: [1, 1], rowStride: 4, plane: 16, slots })!;
  for (const options of [{ stride: 1 }, { padding: 1 }]) {
    const layer = averagePoolLayer({ kernelSize: 2, ...options });
    expect(poolLayout(layer, imageLayout, slotsOfImage(imageLayout, slots))).toBeUndefined();
  }
});

describe("withOutputLayout", () => {
  const map = affineMap(1, 2, () => ({
    entries: [
      { column: 0, weight: 1 },
      { column: 1, weight: 2 },
    ],
    bias: 0,
  }));
  const input = [Int32Array.of(0, 1, -1, -1)];
  const diagonal = (baby: number, entries: number[]) => ({
    input: 0,
    output: 0,
    baby,
    giant: 0,
    entries: Int32Array.from(entries),
  });
  const unfinished = { map, inputs: 1, outputs: 1, poolSums: [], folds: [] };

  test("finds the slots that hold an output", () => {
    const diagonals = [diagonal(0, [0, -1, -1, -1]), diagonal(1, [1, -1, -1, -1])];
    const found = withOutputLayout({ ...unfinished, diagonals }, input)!;
    expect(found.output.map((held) => [...Array.from(held)])).toEqual([[0, -1, -1, -1]]);
    expect(transformCosts(found)).toEqual({ rotations: 1, decompositions: 1, modDowns: 1, products: 2 });
  });

  test("refuses a map that leaves a term out, or reads garbage", () => {
    expect(
      withOutputLayout({ ...unfinished, diagonals: [diagonal(0, [0, -1, -1, -1])] }, input),
    ).toBeUndefined();
    const wrong = [diagonal(0, [0, -1, -1, -1]), diagonal(2, [1, -1, -1, -1])];
    expect(withOutputLayout({ ...unfinished, diagonals: wrong }, input)).toBeUndefined();
  });
});

test("costs: baby steps share the decomposition of their input, giant steps the division of their output", () => {
  const entries = Int32Array.of(0, -1, -1, -1);
  const steps: [input: number, output: number, baby: number, giant: number][] = [
    ...([0, 1, 2, 3] as const).map((baby): [number, number, number, number] => [0, 0, baby, 0]),
    [0, 0, 1, 2],
    [0, 1, 1, 2],
    [0, 1, 2, 1],
    [1, 1, 0, 1],
    [1, 1, 0, 0],
  ];
  const diagonals = steps.map(([input, output, baby, giant]) => ({ input, output, baby, giant, entries }));
  const map = affineMap(1, 1, () => ({ entries: [], bias: 0 }));
  const transform = { map, inputs: 2, outputs: 2, diagonals, poolSums: [], folds: [] };
  // Input 0 by 1, 2 and 3; giant step 2 of output 0, and 2 and 1 of output 1.
  const alone = { rotations: 6, decompositions: 1 + 3, modDowns: 3 + 2, products: 9 };
  expect(transformCosts(transform)).toEqual(alone);
  // Of both inputs a sum of three rotations, of both outputs one of two and one of one.
  const summed = { ...transform, poolSums: [[1, 2, 3]], folds: [[1, 2], [3]] };
  expect(transformCosts(summed)).toEqual({
    rotations: 6 + 2 * 3 + 2 * 3,
    decompositions: 4 + 2 + 4,
    modDowns: 5 + 2 + 4,
    products: 9,
  });
});

test("rotateSlots moves to the left, around the end", () => {
  const values = Float64Array.of(0, 1, 2, 3);
  expect([...rotateSlots(values, 1)]).toEqual([1, 2, 3, 0]);
  expect([...rotateSlots(values, -1)]).toEqual([3, 0, 1, 2]);
  expect([...sumRotations(values, [[1], [2]])]).toEqual([6, 6, 6, 6]);
});
