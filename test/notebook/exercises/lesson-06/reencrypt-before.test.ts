import { expect, test } from "@jest/globals";
import {
  reencryptBefore,
  type ChainedLayer,
  type DeepNetwork,
} from "../../../../src/notebook/exercises/lesson-06/reencrypt-before.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

function takes({ kind, degree }: ChainedLayer): number {
  if (kind === "averagePool") return 0;
  return kind === "linear" || degree === 2 ? 1 : Math.ceil(Math.log2(degree + 1));
}

const greedy =
  (more = 0, taken = takes) =>
  ({ layers, primes }: DeepNetwork): number[] => {
    const fresh = primes - 1 + more;
    let left = fresh;
    return layers.flatMap((layer, i) => {
      const isDue = taken(layer) > left;
      left = (isDue ? fresh : left) - taken(layer);
      return isDue ? [i] : [];
    });
  };
const solution = greedy();
const everywhere = ({ layers }: DeepNetwork) => layers.slice(1).map((_, i) => i + 1);

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(reencryptBefore, solution as never, seed)).toMatchObject({
      passed: true,
      says: "3 networks, each re-encrypted as seldom as its chain allows",
    });
  }
  await expectUntouchedRefused(reencryptBefore);
});

const wrongs: [string, (network: DeepNetwork) => unknown, RegExp][] = [
  [
    "right, but too many re-encryptions",
    everywhere,
    /^\d+ layers on \d data primes: it runs, but with too many re-encryptions: \d+, and \d do(es)?; each is a round trip/,
  ],
  [
    "a level for each data prime",
    greedy(1),
    /^\d+ layers on 4 data primes: layer \d+ \(.*\) takes \d levels?, and \d (is|are) left: 4 data primes can be rescaled by 3 times, /,
  ],
  [
    "behind which layers",
    (network) => solution(network).map((position) => position - 1),
    /: positions name the layers before which values are encrypted afresh, not those behind which$/,
  ],
  [
    "a level for each polynomial",
    greedy(0, (layer) => Math.min(takes(layer), 1)),
    /: a polynomial takes ⌈log2\(degree \+ 1\)⌉ levels, and a square one$|can be rescaled by|nothing is encrypted afresh$/,
  ],
  ["never", () => [], /takes \d levels?, and \d (is|are) left: nothing is encrypted afresh$/],
  [
    "before the first layer",
    () => [0],
    /^reencryptBefore: expected rising positions from 1 to \d+, got \[ 0 \]/,
  ],
  ["a number", () => 3, /^reencryptBefore: expected a list of positions, got 3/],
];
test.each(wrongs)("%s: refused, and why", (_, answer, says) => expectRefused(reencryptBefore, answer, says));

test("what the last run accepted does not pass, and no wrong choice passes by chance", async () => {
  for (let seed = 0; seed < 20; seed++) {
    for (const [, answer] of wrongs) {
      expect(await attempt(reencryptBefore, answer as never, seed)).toMatchObject({ passed: false });
    }
  }
  expect(await replayAttempt(reencryptBefore, solution as never)).toMatchObject({ passed: false });
});
