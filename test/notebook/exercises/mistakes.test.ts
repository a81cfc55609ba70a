import { expect, test } from "@jest/globals";
import { likelyMistake, type Mistake } from "../../../src/notebook/exercises/mistakes.js";

const doubled: Mistake<number> = { gives: (x) => 2 * x, says: () => "doubled" };
const increased: Mistake<number> = { gives: (x) => x + 2, says: () => "increased" };
const mistakes = [doubled, increased];

test("the mistake that explains all answers comes before one that explains a case", () => {
  expect(likelyMistake(mistakes, [2, 5], [4, 7], 0)).toBe(increased);
  expect(likelyMistake(mistakes, [2, 5], [4, 10.1], 0)).toBe(doubled);
  expect(likelyMistake(mistakes, [2, 5], [4, 8], 0)).toBe(doubled);
});

test("answers that no mistake gives, or that are the same for all cases, are not explained", () => {
  expect(likelyMistake(mistakes, [2, 5], [5, 10], 0)).toBeUndefined();
  expect(likelyMistake(mistakes, [2, 5], [-4, -10], 0)).toBeUndefined();
  expect(likelyMistake(mistakes, [2, 5], [4, 4], 0)).toBeUndefined();
  expect(likelyMistake(mistakes, [0, 5], [0, 0], 1)).toBeUndefined();
});
