import { expect, test } from "@jest/globals";
import { degreeSeven } from "../../../../src/notebook/exercises/lesson-04/degree-seven.js";
import type { Machine } from "../../../../src/notebook/exercises/machine.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

interface Chain {
  scale: number;
  primes: number[];
}

function halves<C>(he: Machine<C>, x: C, c: readonly number[], { scale, primes }: Chain): C {
  const scale1 = scale ** 2 / primes[0];
  const scale2 = scale1 ** 2 / primes[1];
  const square = (a: C) => he.rescale(he.relinearize(he.multiply(a, a)));
  const x2 = square(x);
  const x4 = square(x2);
  const cubic = ([a, b, c, d]: readonly number[]): C => {
    const right = he.addPlain(he.rescale(he.multiplyPlain(x, d, scale)), c);
    const left = he.addPlain(he.multiplyPlain(he.modSwitch(x), b, scale1 ** 2 / scale), a);
    return he.rescale(he.add(left, he.relinearize(he.multiply(x2, right))));
  };
  const [low, high] = [cubic(c.slice(0, 4)), cubic(c.slice(4))];
  return he.rescale(he.add(he.multiplyPlain(low, 1, scale2), he.relinearize(he.multiply(x4, high))));
}

/** Horner's rule: a level for each power. */
function horner<C>(he: Machine<C>, x: C, c: readonly number[], { scale }: Chain): C {
  let [sum, factor] = [he.rescale(he.multiplyPlain(x, c[7], scale)), x];
  for (let i = 6; i > 0; i--) {
    factor = he.modSwitch(factor);
    sum = he.rescale(he.relinearize(he.multiply(he.addPlain(sum, c[i]), factor)));
  }
  return he.addPlain(sum, c[0]);
}

type Answer = <C>(he: Machine<C>, x: C, c: readonly number[], chain: Chain) => C;

test("the solution passes with what it took, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 5; seed++) {
    expect(await attempt(degreeSeven, halves, seed)).toMatchObject({
      passed: true,
      says: expect.stringMatching(/^largest error \d.*e-[78]$/),
      cost: { multiply: 5, levels: 3, rescale: 7, keys: 1 },
    });
  }
  await expectUntouchedRefused(degreeSeven);
});

test.each<[string, Answer, RegExp]>([
  ["right slots, too many levels", horner, /^right slots, too many levels: 7, and the budget is 3$/],
  [
    "right slots, too many products",
    (he, x, c, chain) => (he.multiply(x, x), halves(he, x, c, chain)),
    /^right slots, too many products: 6, and the budget is 5$/,
  ],
  [
    "coefficients from the other end",
    (he, x, c, chain) => halves(he, x, [...c].reverse(), chain),
    /coefficients\[0\] is that of 1/,
  ],
  [
    "a term is missing",
    (he, x, c, chain) => halves(he, x, [0, ...c.slice(1)], chain),
    /the term with coefficients\[0\] is missing$/,
  ],
  [
    "sums of levels that differ",
    (he, x) => he.add(he.rescale(he.multiplyPlain(x, 2)), x),
    /^operation 3: add: levels 8 and 9 differ: left is rescale\(multiplyPlain\(x, 2\)\), right is x; modSwitch the one at 9$/,
  ],
  [
    "factors of levels that differ",
    (he, x) => he.multiply(x, he.modSwitch(he.modSwitch(x))),
    /^operation 3: multiply: levels 9 and 7 differ: left is x, .*; modSwitch the one at 9 down to 7$/,
  ],
  [
    "scales that differ by little",
    (he, x, _, { primes }) => {
      const times = (a: typeof x, b: typeof x) => he.rescale(he.relinearize(he.multiply(a, b)));
      const x2 = times(x, x);
      return he.add(times(x2, x2), he.rescale(he.multiplyPlain(x2, 1, primes[0])));
    },
    /^operation 9: add: scales differ at level 7: left is rescale\(relinearize\(…\)\), scale 2\^(30\.\d+); right is rescale\(multiplyPlain\(…, 1\)\), scale 2\^(?!\1;)30\.\d+; bring both to one scale before$/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(degreeSeven, answer, says));

test("who has cut it in halves, and meets levels and scales, is shown the hint for them", async () => {
  const mismatched: Answer = (he, x) => he.add(he.rescale(he.multiplyPlain(x, 2)), he.modSwitch(x));
  expect(await attempt(degreeSeven, mismatched)).toMatchObject({
    says: expect.stringMatching(/scales/),
    hint: 2,
  });
});

test("the circuit of another polynomial does not pass", async () => {
  expect(await replayAttempt(degreeSeven, halves)).toMatchObject({ passed: false });
});
