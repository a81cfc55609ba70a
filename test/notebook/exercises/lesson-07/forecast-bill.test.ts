import { expect, test } from "@jest/globals";
import {
  forecastBill,
  type StageInSmall,
} from "../../../../src/notebook/exercises/lesson-07/forecast-bill.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Answer = (stages: StageInSmall[]) => { rotations: number; keys: number; levels: number };

const sum = (values: number[]) => values.reduce((all, value) => all + value, 0);
const real = (steps: readonly number[]) => steps.filter((step) => step !== 0);

const solution: Answer = (stages) => ({
  rotations: sum(
    stages.map(
      ({ inputs, outputs, sums, babies, giants, folds }) =>
        inputs * real([...sums, ...babies]).length + outputs * real([...giants, ...folds]).length,
    ),
  ),
  keys: new Set(
    stages.flatMap(({ sums, babies, giants, folds }) => real([...sums, ...babies, ...giants, ...folds])),
  ).size,
  levels: stages.filter(({ activation }) => activation === "square").length,
});
const rotations =
  (of: (stage: StageInSmall) => number): Answer =>
  (stages) => ({ ...solution(stages), rotations: sum(stages.map(of)) });
const stepsOf = ({ sums, babies, giants, folds }: StageInSmall) =>
  real([...sums, ...babies, ...giants, ...folds]);

test("the solution passes on many plans, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 30; seed++) {
    expect(await attempt(forecastBill, solution, seed)).toMatchObject({
      passed: true,
      says: "the bills of 2 plans",
    });
  }
  await expectUntouchedRefused(forecastBill);
});

test.each<[string, Answer, RegExp]>([
  [
    "steps of 0 counted",
    rotations(
      ({ inputs, outputs, sums, babies, giants, folds }) =>
        inputs * (sums.length + babies.length) + outputs * (giants.length + folds.length),
    ),
    /^a plan of 2 stages: rotations is \d+, expected \d+: steps of 0 are counted, but they move nothing$/,
  ],
  [
    "one ciphertext",
    rotations((stage) => stepsOf(stage).length),
    /a stage with several ciphertexts rotates each/,
  ],
  [
    "giants of each input",
    rotations(
      ({ inputs, outputs, sums, babies, giants, folds }) =>
        inputs * (sums.length + real(babies).length) +
        outputs * folds.length +
        inputs * outputs * real(giants).length,
    ),
    /giant steps are counted for each input, but they rotate sums/,
  ],
  [
    "each diagonal",
    rotations(
      ({ inputs, outputs, sums, babies, giants, folds }) =>
        inputs * sums.length +
        inputs * outputs * (babies.length * giants.length - 1) +
        outputs * folds.length,
    ),
    /the diagonals of one baby step share its rotation$/,
  ],
  [
    "a key for each rotation",
    (stages) => ({ ...solution(stages), keys: solution(stages).rotations }),
    /keys is \d+, expected \d+: that is one for each rotation/,
  ],
  [
    "keys of each stage",
    (stages) => ({ ...solution(stages), keys: sum(stages.map((stage) => new Set(stepsOf(stage)).size)) }),
    /steps of several stages are counted in each, but a key is made once for the program$/,
  ],
  [
    "a key for 0",
    (stages) => ({ ...solution(stages), keys: solution(stages).keys + 1 }),
    /one more: is 0 among the steps\? It needs no key$/,
  ],
  [
    "right rotations, a level too many",
    (stages) => ({ ...solution(stages), levels: stages.length }),
    /levels is 2, expected 1: a level for each stage, but a stage without a square is not rescaled$/,
  ],
  [
    "no number",
    () => ({ rotations: NaN, keys: 1, levels: 1 }),
    /^forecastBill: expected finite numbers, got NaN/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(forecastBill, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(forecastBill, solution)).toMatchObject({ passed: false });
});
