import { expect, test } from "@jest/globals";
import { foldPool, type PooledLayer } from "../../../../src/notebook/exercises/lesson-06/fold-pool.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

interface How {
  divisor?: (cells: number) => number;
  offset?: (layer: PooledLayer, channel: number) => number;
  channel?: (i: number, run: number, channels: number) => number;
}

const folded =
  ({
    divisor = (cells) => cells,
    offset = ({ offsets }, c) => offsets[c],
    channel = (i, run) => Math.floor(i / run),
  }: How = {}) =>
  (layer: PooledLayer) => {
    const { cells, gains, weights, bias } = layer;
    const run = weights[0].length / gains.length;
    const at = (i: number) => channel(i, run, gains.length);
    return {
      weights: weights.map((row) => row.map((weight, i) => (weight * gains[at(i)]) / divisor(cells))),
      bias: bias.map((b, k) => weights[k].reduce((sum, weight, i) => sum + weight * offset(layer, at(i)), b)),
    };
  };

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(foldPool, folded(), seed)).toMatchObject({
      passed: true,
      says: "2 layers that take sums in place of normalised means",
    });
  }
  await expectUntouchedRefused(foldPool);
});

const wrongs: [string, (layer: PooledLayer) => unknown, RegExp][] = [
  [
    "no division",
    folded({ divisor: () => 1 }),
    /^windows of 4, \d channels, \d+ features: output 0 is \S+, expected \S+: the sums are not divided: /,
  ],
  ["multiplied by the cells", folded({ divisor: (cells) => 1 / cells }), /: the weights are multiplied by/],
  ["no offsets", folded({ offset: () => 0 }), /: the offsets are left out: /],
  [
    "offsets divided",
    folded({ offset: ({ cells, offsets }, c) => offsets[c] / cells }),
    /: the offsets are divided, too, but/,
  ],
  [
    "offsets times gains",
    folded({ offset: ({ gains, offsets }, c) => offsets[c] * gains[c] }),
    /: the offsets are multiplied by the gains, but/,
  ],
  [
    "offsets past the weights",
    (layer) => ({
      weights: folded()(layer).weights,
      bias: layer.bias.map((b) => layer.offsets.reduce((sum, offset) => sum + offset, b)),
    }),
    /: the offsets are added to the bias as they are; /,
  ],
  [
    "channels in turn",
    folded({ channel: (i, _, channels) => i % channels }),
    /: feature i is taken to be of channel i % channels; /,
  ],
  ["the layer as it was", ({ weights, bias }) => ({ weights, bias }), /output 0 is \S+, expected \S+$/],
  ["weights alone", ({ weights }) => weights, /^foldPool: expected \{ weights, bias \}, got /],
  [
    "a row too few",
    (layer) => ({ ...folded()(layer), weights: folded()(layer).weights.slice(1) }),
    /^foldPool weights: expected \d answers, got /,
  ],
];
test.each(wrongs)("%s: refused, and why", (_, answer, says) => expectRefused(foldPool, answer, says));

test("what the last run accepted does not pass, and no wrong folding passes by chance", async () => {
  expect(await replayAttempt(foldPool, folded() as never)).toMatchObject({ passed: false });
  for (let seed = 0; seed < 10; seed++) {
    for (const [, answer] of wrongs) {
      expect(await attempt(foldPool, answer as never, seed)).toMatchObject({ passed: false });
    }
  }
});
