import { expect, test } from "@jest/globals";
import {
  averagePoolLayer,
  convolutionalLayer,
  defineModel,
  flattenLayer,
  linearLayer,
  reshape,
  squareLayer,
  tensor,
  zeros,
  type Layer,
  type Model,
} from "../../../../src/he-ml/index.js";
import { sizeOf } from "../../../../src/he-ml/tensor/tensor.js";
import { capstone } from "../../../../src/notebook/exercises/lesson-11/capstone.js";
import { attempt, expectRefused, expectUntouchedRefused } from "../attempts.js";
import type { Submission } from "../../../../src/notebook/exercises/lesson-11/submission.js";

// Four shapes that differ in where their ink is: right without any training, and quickly compiled.

const side = 8;
/** A quarter of the picture is bright, and the class is which. */
function quarters(count: number, classOf = (i: number) => i % 4): Pick<Submission, "samples" | "labels"> {
  const labels = Array.from({ length: count }, (_, i) => classOf(i));
  const inkOf = (label: number, row: number, column: number) =>
    Number(Math.floor(row / 4) * 2 + Math.floor(column / 4) === label);
  const pixels = labels.flatMap((label, i) =>
    Array.from({ length: side * side }, (_, at) => {
      const [row, column] = [Math.floor(at / side), at % side];
      return 0.2 + 0.1 * ((i + at) % 3) + 0.5 * inkOf(label, row, column);
    }),
  );
  return { samples: tensor([count, 1, side, side], pixels), labels };
}

const inputShape = [1, side, side];
const network = (layers: readonly Layer[]) =>
  defineModel({
    name: "mine",
    inputShape,
    layers: layers.map((layer, i) => ({ ...layer, name: `layer${i}` })),
  });
const pooled = [averagePoolLayer({ kernelSize: 4 }), squareLayer({}), flattenLayer({})];
const identity = tensor(
  [4, 4],
  Array.from({ length: 16 }, (_, i) => Number(i % 5 === 0)),
);
const good = network([...pooled, linearLayer({ weights: identity })]);

const submission = (model: Model, { samples, labels } = quarters(60)): Submission => ({
  model,
  samples,
  labels,
});
const says = (answer: unknown, what: RegExp) => expectRefused(capstone, () => answer as Submission, what);

test("a network within the budgets passes, and tells what it takes", async () => {
  const verdict = await attempt(capstone, () => submission(good));
  expect(verdict).toMatchObject({ passed: true, says: "4 of your samples, encrypted: all as in the clear" });
  const { cost } = verdict;
  for (const counted of ["error (%)", "ms", "KB up"]) {
    expect(cost![counted]).toBeGreaterThanOrEqual(0);
    expect(cost![counted]).toBeLessThanOrEqual(capstone.budget![counted]!);
  }
});

test("an untouched stub is none", () => expectUntouchedRefused(capstone));

test("one that guesses is refused, and so is one whose samples are easy to guess", async () => {
  const turned = linearLayer({
    weights: tensor([4, 4], [...identity.data.slice(4), ...identity.data.slice(0, 4)]),
  });
  await says(submission(network([...pooled, turned])), /right on 0 % of your samples, and 80 % are asked/);
  const mostlyFirst = quarters(60, (i) => (i % 10 === 0 ? 1 + (i % 3) : 0));
  const always = linearLayer({ weights: zeros([4, 4]), bias: tensor([4], [1, 0, 0, 0]) });
  await says(
    submission(network([...pooled, always]), mostlyFirst),
    /always saying the most frequent class would be right on 90 % of your samples, and the network is on 90 %/,
  );
  const oneClass = quarters(60, () => 2);
  await says(submission(good, oneClass), /all your samples have the same label/);
});

test("a network that is right and too deep takes too much upload", async () => {
  const fourth = (weight: number) =>
    linearLayer({
      weights: tensor(
        [4, 4],
        [...identity.data].map((value) => weight * value),
      ),
    });
  const deep = network([
    ...pooled,
    ...Array.from({ length: 4 }, () => [fourth(1), squareLayer({})]).flat(),
    fourth(1),
  ]);
  await says(submission(deep), /one encrypted image takes \d+ KB, and the budget is 1000: a shorter chain/);
});

test("a network that is right and too wide takes too many milliseconds", async () => {
  const channels = 40;
  const blurred = (shape: readonly number[]) =>
    tensor(
      shape,
      Array.from(
        { length: sizeOf(shape) },
        (_, i) => ((i % 9 === 4 ? 1 : 0) + 0.01 * Math.sin(i)) / shape[1],
      ),
    );
  const wide = network([
    convolutionalLayer({ weights: blurred([channels, 1, 3, 3]), padding: 1 }),
    squareLayer({}),
    convolutionalLayer({ weights: blurred([channels, channels, 3, 3]), padding: 1 }),
    squareLayer({}),
    averagePoolLayer({ kernelSize: 4 }),
    flattenLayer({}),
    linearLayer({
      weights: tensor(
        [4, 4 * channels],
        Array.from({ length: 16 * channels }, (_, i) => Number(Math.floor(i / (4 * channels)) === i % 4)),
      ),
    }),
  ]);
  await says(submission(wide), /an image is predicted to take \d+ ms, and the budget is 20: fewer channels/);
});

test.each([
  [{ model: good, samples: quarters(60).samples }, /expected \{ model, samples, labels \}/],
  [submission(good, quarters(20)), /expected 50 to 500 samples, got 20/],
  [{ ...submission(good), labels: [0, 1] }, /expected a label for each of 60 samples, got 2/],
  [
    submission(
      good,
      quarters(60, (i) => i % 5),
    ),
    /expected labels from 0 to 3, an output each, got 4/,
  ],
  [
    submission(good, { samples: reshape(quarters(60).samples, [60, 64]), labels: quarters(60).labels }),
    /shape|expected/,
  ],
  [
    submission(network([flattenLayer({}), linearLayer({ weights: zeros([2000, 64]) })])),
    /expected at most 100000 weights and biases, got 128000/,
  ],
])("what cannot be judged is refused by name: %#", (answer, what) => says(answer, what));
