import { expect, test } from "@jest/globals";
import { matrixVector } from "../../../../src/notebook/exercises/lesson-05/matrix-vector.js";
import type { Machine } from "../../../../src/notebook/exercises/machine.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

type Answer = <C>(he: Machine<C>, x: C, matrix: readonly (readonly number[])[]) => C;

const slots = 64;
const around = (slot: number) => ((slot % slots) + slots) % slots;

/** Baby steps below `size`, giant steps of its multiples; `turned` is how far their weights are turned back. */
const babyGiant =
  (size: number, giants: number, turned: (giant: number) => number): Answer =>
  (he, x, matrix) => {
    const babies = Array.from({ length: size }, (_, baby) => (baby === 0 ? x : he.rotate(x, baby)));
    const parts = Array.from({ length: giants }, (_, at) => {
      const giant = at * size;
      const terms = babies.map((rotated, baby) => {
        const diagonal = Array.from({ length: slots }, (_, j) => {
          const row = around(j - turned(giant));
          return matrix[row][around(row + giant + baby)];
        });
        return he.multiplyPlain(rotated, diagonal);
      });
      const sum = terms.reduce((a, b) => he.add(a, b));
      return giant === 0 ? sum : he.rotate(sum, giant);
    });
    return he.rescale(parts.reduce((a, b) => he.add(a, b)));
  };

const solution = babyGiant(8, 8, (giant) => giant);

/** The same with two keys: a rotation by 1 after the other, and giant steps as in Horner's rule. */
const twoKeys: Answer = (he, x, matrix) => {
  const babies = [x];
  while (babies.length < 8) babies.push(he.rotate(babies.at(-1)!, 1));
  const sumAt = (giant: number) =>
    babies
      .map((rotated, baby) => {
        const diagonal = Array.from({ length: slots }, (_, j) => matrix[around(j - giant)][around(j + baby)]);
        return he.multiplyPlain(rotated, diagonal);
      })
      .reduce((a, b) => he.add(a, b));
  let total = sumAt(56);
  for (let giant = 48; giant >= 0; giant -= 8) total = he.add(he.rotate(total, 8), sumAt(giant));
  return total;
};

test("the solution passes with what it took, and the untouched exercise is refused", async () => {
  for (const seed of [0, 1]) {
    expect(await attempt(matrixVector, solution, seed)).toMatchObject({
      passed: true,
      says: "64 right slots in 14 rotations",
      cost: { rotate: 14, keys: 14, multiplyPlain: 64, levels: 1 },
    });
  }
  expect(await attempt(matrixVector, twoKeys)).toMatchObject({ passed: true, cost: { rotate: 14, keys: 2 } });
  await expectUntouchedRefused(matrixVector);
});

test.each<[string, Answer, RegExp]>([
  [
    "right slots, too many rotations",
    babyGiant(16, 4, (giant) => giant),
    /^right slots, too many rotations: 18, and the budget is 14$/,
  ],
  [
    "weights that are not turned back",
    babyGiant(8, 8, () => 0),
    /: sums are rotated by giant steps, but their weights are not turned back by as much$/,
  ],
  [
    "giant steps left out",
    babyGiant(8, 7, (giant) => giant),
    /^slot 0 is .*, expected .*: it is the sum of the first 56 diagonals only$/,
  ],
  [
    "columns for rows",
    (he, x, matrix) =>
      solution(
        he,
        x,
        matrix.map((row, i) => row.map((_, j) => matrix[j][i])),
      ),
    /: it is the product with the transposed matrix$/,
  ],
  [
    "diagonals that run the other way",
    (he, x, matrix) =>
      solution(
        he,
        x,
        matrix.map((row, i) => row.map((_, j) => matrix[i][around(2 * i - j)])),
      ),
    /: rotate\(x, step\) brings slot i \+ step to slot i, so it meets matrix\[i\]\[i \+ step\]$/,
  ],
])("%s: refused, and why", (_, answer, says) => expectRefused(matrixVector, answer, says));

test("the circuit of another matrix does not pass, and numbers are no circuit", async () => {
  expect(await replayAttempt(matrixVector, solution)).toMatchObject({ passed: false });
  await expectRefused(matrixVector, () => [0.1], /expected a ciphertext of this run/);
});
