import { expect, test } from "@jest/globals";
import { paretoOptimal, type SweptSet } from "../../../../src/notebook/exercises/lesson-08/pareto-optimal.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Respect = "milliseconds" | "error" | "upload";
const respects: readonly Respect[] = ["milliseconds", "error", "upload"];

const keeping = (keeps: (a: SweptSet, sets: SweptSet[]) => boolean) => (sets: SweptSet[]) =>
  sets.filter((a) => keeps(a, sets)).map(({ name }) => name);
const frontBy = (by: readonly Respect[]) =>
  keeping((a, sets) => !sets.some((b) => by.every((r) => b[r] <= a[r]) && by.some((r) => b[r] < a[r])));
const solution = frontBy(respects);

test("the solution passes, whatever the order of the names, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(paretoOptimal, (sets) => solution(sets).reverse(), seed)).toEqual({
      passed: true,
      says: expect.stringMatching(/^\d+ of 12, \d+ of 12, \d+ of 12 sets, and no other$/),
    });
  }
  await expectUntouchedRefused(paretoOptimal);
});

const wrongs: [string, (sets: SweptSet[]) => unknown, RegExp][] = [
  ...respects.map((leftOut): [string, (sets: SweptSet[]) => unknown, RegExp] => [
    `without ${leftOut}`,
    frontBy(respects.filter((respect) => respect !== leftOut)),
    new RegExp(`^that is the front without ${leftOut}; a set may be worth taking for that alone$`),
  ]),
  [
    "better in all respects",
    keeping((a, sets) => !sets.some((b) => respects.every((r) => b[r] < a[r]))),
    /^a set need not be better in all respects to beat another/,
  ],
  [
    "no worse in all respects",
    keeping((a, sets) => !sets.some((b) => b !== a && respects.every((r) => b[r] <= a[r]))),
    /^of two sets that are alike in all respects neither beats the other: both stay$/,
  ],
  [
    "the best in each respect",
    keeping((a, sets) => respects.some((r) => sets.every((b) => a[r] <= b[r]))),
    /^these are the best in one respect each/,
  ],
  [
    "the sets that are beaten",
    (sets) => sets.map(({ name }) => name).filter((name) => !solution(sets).includes(name)),
    /^these are the sets that others beat; return the rest$/,
  ],
  [
    "more is better",
    keeping(
      (a, sets) =>
        !sets.some((b) => respects.every((r) => b[r] >= a[r]) && respects.some((r) => b[r] > a[r])),
    ),
    /^these are the sets that beat no other one; less is better$/,
  ],
];

test.each(wrongs)("%s: refused on every sweep, and why", async (_, answer, says) => {
  for (let seed = 0; seed < 8; seed++) {
    const verdict = await attempt(paretoOptimal, answer as typeof solution, seed);
    expect(verdict).toEqual({ passed: false, says: expect.stringMatching(says), hint: 2 });
  }
});

test.each<[string, (sets: SweptSet[]) => unknown, RegExp]>([
  ["all of them", (sets) => sets.map(({ name }) => name), /^set \w \(.* ms, .*\) is beaten by set \w \(/],
  [
    "one forgotten",
    (sets) => solution(sets).slice(1),
    /^set \w \(\d+ ms, error 0\.\d+, \d+ bytes\) is left out, and no other set beats it$/,
  ],
  ["a name that there is not", (sets) => [...solution(sets), "Z"], /^there is no set 'Z'$/],
  [
    "a name twice",
    (sets) => [...solution(sets), solution(sets)[0]],
    /^a name stands there twice; name each set once$/,
  ],
  ["the sets themselves", (sets) => sets, /^paretoOptimal: expected a list of names, got /],
])("%s: refused, and why", (_, answer, says) => expectRefused(paretoOptimal, answer, says));

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(paretoOptimal, solution)).toMatchObject({ passed: false });
});
