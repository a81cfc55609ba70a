import { expect, test } from "@jest/globals";
import { seededRandom } from "../../../../src/he-ml/toy-ckks/index.js";
import { differenceOfSquares } from "../../../../src/notebook/exercises/lesson-00/difference-of-squares.js";
import type { Machine } from "../../../../src/notebook/exercises/machine.js";
import { attempt, expectRefused, expectUntouchedRefused } from "../attempts.js";

type Answer = <C>(he: Machine<C>, x: C, y: C) => C;

const tidy = <C>(he: Machine<C>, product: C): C => he.rescale(he.relinearize(product));
const oneProduct: Answer = (he, x, y) => tidy(he, he.multiply(he.add(x, y), he.sub(x, y)));

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(differenceOfSquares, oneProduct, seed)).toMatchObject({
      passed: true,
      says: "x² − y² in 1 product",
      cost: { multiply: 1, levels: 1 },
    });
  }
  await expectUntouchedRefused(differenceOfSquares);
});

test("no first verdict brings on more than the first hint, for the second is the whole identity", async () => {
  const wrongs: Answer[] = [
    (he, x, y) => tidy(he, he.sub(he.multiply(x, x), he.multiply(y, y))),
    (he, x, y) => tidy(he, he.multiply(he.sub(y, x), he.add(x, y))),
    (he, x, y) => tidy(he, he.multiply(he.sub(x, y), he.sub(x, y))),
    (he, x, y) => he.multiply(he.add(x, y), he.sub(x, y)),
  ];
  for (const answer of wrongs) {
    expect(await attempt(differenceOfSquares, answer)).toMatchObject({ passed: false, hint: 1 });
  }
});

test.each<[string, Answer, RegExp]>([
  [
    "two products",
    (he, x, y) => tidy(he, he.sub(he.multiply(x, x), he.multiply(y, y))),
    /^right slots, too many products: 2, and the budget is 1$/,
  ],
  [
    "the other way round",
    (he, x, y) => tidy(he, he.multiply(he.add(x, y), he.sub(y, x))),
    /^where x = \S+ and y = \S+ there is \S+, expected \S+: the sign is turned, this is y² − x²$/,
  ],
  [
    "the square of the difference",
    (he, x, y) => tidy(he, he.multiply(he.sub(x, y), he.sub(x, y))),
    /: this is \(x − y\)², which has −2xy in it$/,
  ],
  [
    "the product as it is",
    (he, x, y) => he.multiply(he.add(x, y), he.sub(x, y)),
    /^right slots, but you left out relinearize and rescale: it decrypts, and no product could follow$/,
  ],
  [
    "not relinearized",
    (he, x, y) => he.rescale(he.multiply(he.add(x, y), he.sub(x, y))),
    /^right slots, but you left out relinearize: /,
  ],
  [
    "not rescaled",
    (he, x, y) => he.relinearize(he.multiply(he.add(x, y), he.sub(x, y))),
    /^right slots, but you left out rescale: /,
  ],
  [
    "as the lesson's evaluator has it",
    (he, x, y) => (he as unknown as { square: (a: unknown) => typeof x }).square(he.add(x, y)),
    /^differenceOfSquares threw InputError: a Machine has no 'square'; write multiply\(a, a\)$/,
  ],
  ["nothing done", (_, x) => x, /^where x = \S+ and y = \S+ there is \S+, expected \S+$/],
  ["a number", (() => 3) as unknown as Answer, /^differenceOfSquares threw InputError: return: /],
])("%s: refused, and why", (_, answer, says) => expectRefused(differenceOfSquares, answer, says));

test("what the last run expected does not pass", async () => {
  const { x, y } = (await differenceOfSquares.draw(seededRandom(1))).secret;
  const difference = x.map((value, slot) => value ** 2 - y[slot] ** 2 - value);
  const printed: Answer = (he, a) => he.addPlain(a, difference);
  expect(await attempt(differenceOfSquares, printed, 1)).toMatchObject({ passed: true });
  expect(await attempt(differenceOfSquares, printed, 2)).toMatchObject({ passed: false });
});
