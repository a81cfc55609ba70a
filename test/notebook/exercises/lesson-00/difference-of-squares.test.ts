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

test("the product may be left as it is", async () => {
  const bare: Answer = (he, x, y) => he.multiply(he.add(x, y), he.sub(x, y));
  expect(await attempt(differenceOfSquares, bare)).toMatchObject({ passed: true, cost: { levels: 0 } });
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
  ["nothing done", (_, x) => x, /^where x = \S+ and y = \S+ there is \S+, expected \S+$/],
  ["a number", (() => 3) as unknown as Answer, /^differenceOfSquares threw InputError: return: /],
])("%s: refused, and why", (_, answer, says) => expectRefused(differenceOfSquares, answer, says));

test("what the last run expected does not pass", async () => {
  const { x, y } = differenceOfSquares.draw(seededRandom(1)).secret;
  const difference = x.map((value, slot) => value ** 2 - y[slot] ** 2 - value);
  const printed: Answer = (he, a) => he.addPlain(a, difference);
  expect(await attempt(differenceOfSquares, printed, 1)).toMatchObject({ passed: true });
  expect(await attempt(differenceOfSquares, printed, 2)).toMatchObject({ passed: false });
});
