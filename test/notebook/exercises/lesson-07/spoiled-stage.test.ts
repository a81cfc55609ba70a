import { expect, test } from "@jest/globals";
import {
  spoiledStage,
  type StageErrors,
} from "../../../../src/notebook/exercises/lesson-07/spoiled-stage.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Answer = (stages: StageErrors[]) => string;

const solution: Answer = (stages) => stages.find(({ predicted, measured }) => measured > 3 * predicted)!.name;
const largest =
  (by: (stage: StageErrors, i: number, stages: StageErrors[]) => number): Answer =>
  (stages) => {
    const sizes = stages.map(by);
    return stages[sizes.indexOf(Math.max(...sizes))].name;
  };

const ways: readonly [string, Answer, RegExp][] = [
  [
    "the largest error",
    largest(({ measured }) => measured),
    /its error is the largest, but the plan has it larger/,
  ],
  [
    "the largest quotient",
    largest(({ predicted, measured }) => measured / predicted),
    /it was given an error by a stage before it; look for the first$/,
  ],
  [
    "the largest growth",
    largest(({ measured }, i, stages) => (i === 0 ? 0 : measured / stages[i - 1].measured)),
    /there the error grows most, but so it does in the plan/,
  ],
];

test("the solution passes on many runs, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 50; seed++) {
    expect(await attempt(spoiledStage, solution, seed)).toMatchObject({
      passed: true,
      says: "found in 4 runs",
    });
  }
  await expectUntouchedRefused(spoiledStage);
});

test.each(ways)("%s: refused, and why", (_, answer, says) => expectRefused(spoiledStage, answer, says));

test("no wrong way passes by chance, nor does one name", async () => {
  for (let seed = 0; seed < 30; seed++) {
    for (const [, answer] of ways) {
      expect(await attempt(spoiledStage, answer, seed)).toMatchObject({ passed: false, hint: 2 });
    }
    expect(await attempt(spoiledStage, () => "conv1+square1", seed)).toMatchObject({ passed: false });
  }
});

test("what is no stage is refused, and so is what the last run expected", async () => {
  await expectRefused(
    spoiledStage,
    () => "conv3",
    /conv1\+square1 → .*: 'conv3' is no stage; return the name of one$/,
  );
  expect(await replayAttempt(spoiledStage, solution)).toMatchObject({ passed: false });
});
