import { expect, test } from "@jest/globals";
import { maxCoeffModulusBits } from "../../../../src/he-ml/index.js";
import {
  shortestChain,
  type NetworkNeeds,
} from "../../../../src/notebook/exercises/lesson-04/shortest-chain.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";

interface Chain {
  polyModulusDegree: number;
  coeffModulusBits: number[];
}

function withRing(coeffModulusBits: number[]): Chain {
  const total = coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
  const degrees = Object.keys(maxCoeffModulusBits).map(Number);
  return {
    polyModulusDegree: degrees.find((degree) => maxCoeffModulusBits[degree] >= total)!,
    coeffModulusBits,
  };
}

function primesOf({ layers, scaleBits, weightScaleBits, largest }: NetworkNeeds): number[] {
  const primes: number[] = [];
  let scale = scaleBits;
  for (const layer of layers) {
    if (layer === "linear") scale += weightScaleBits;
    if (layer !== "square") continue;
    primes.unshift(2 * scale - scaleBits);
    scale = scaleBits;
  }
  return [scale + Math.ceil(Math.log2(largest)) + 1, ...primes];
}

const solution = (network: NetworkNeeds): Chain => {
  const primes = primesOf(network);
  return withRing([...primes, Math.max(...primes)]);
};
const changed = (change: (chain: number[], network: NetworkNeeds) => number[]) => (network: NetworkNeeds) =>
  withRing(change(solution(network).coeffModulusBits, network));

test("the solution passes, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(shortestChain, solution, seed)).toMatchObject({
      passed: true,
      says: "the shortest chains for 3 networks",
    });
  }
  await expectUntouchedRefused(shortestChain);
});

test.each<[string, (network: NetworkNeeds) => unknown, RegExp]>([
  [
    "right, but too many levels",
    changed(([first, ...rest]) => [first, 40, ...rest]),
    /^flatten→linear→square→linear .*: it runs, but with too many levels: 1 of 3 data primes is never divided by/,
  ],
  [
    "no room for values",
    changed(([first, ...rest], { largest }) => [first - Math.ceil(Math.log2(largest)) - 1, ...rest]),
    /after layer 4 \(linear\) values at a scale of 2\^\d+ need \d+ bits, .* they wrap around$/,
  ],
  [
    "a prime as large as the scale, weights forgotten",
    changed(([first, , special], { scaleBits }) =>
      [first + 60, scaleBits, special].map((bits) => Math.min(bits, 60)),
    ),
    /the rescale after layer 3 \(square\) divides by \d+ bits and leaves a scale of 2\^\d+, where 2\^\d+ is wanted/,
  ],
  [
    "no special prime",
    changed((chain) => chain.slice(0, -1)),
    /all its primes together would do, but the last one is special/,
  ],
  [
    "a small special prime",
    changed((chain) => [...chain.slice(0, -1), 30]),
    /the last prime is the special one/,
  ],
  [
    "a first prime with room to spare",
    changed(([first, ...rest]) => [first + 5, ...rest]),
    /: it runs, but its first prime has 5 bits more than needed$/,
  ],
  [
    "a first prime that is one bit too large",
    changed(([first, ...rest]) => [first + 1, ...rest]),
    /: it runs, but its first prime has 1 bit more than needed$/,
  ],
  [
    "a special prime that is one bit too large",
    changed((chain) => [...chain.slice(0, -1), chain.at(-1)! + 1]),
    /: it runs, but its special prime has 1 bit more than the largest other, of \d+$/,
  ],
  [
    "a square's prime that is one bit too large",
    changed(([first, ofSquare, ...rest]) => [first, ofSquare + 1, ...rest]),
    /divides by \d+ bits and leaves a scale of 2\^\d+, where 2\^\d+ is wanted$/,
  ],
  [
    "the primes of the squares in their order",
    changed((chain) => [chain[0], ...chain.slice(1, -1).reverse(), chain.at(-1)!]),
    /^square→flatten→linear→square .*: the primes of the squares stand in the order of the squares, .*: put the first square's last$/,
  ],
  [
    "the data primes turned round",
    changed((chain) => [...chain.slice(0, -1).reverse(), chain.at(-1)!]),
    /^flatten→linear→square→linear .*: the prime that stays to the end comes last .*: put it first$/,
  ],
  [
    "the first prime behind those of the squares",
    changed(([first, ...rest]) => [...rest.slice(0, -1), first, rest.at(-1)!]),
    /: the prime that stays to the end comes last .*: put it first$/,
  ],
  [
    "a ring that is larger than it need be",
    (network) => ({ ...solution(network), polyModulusDegree: 32768 }),
    /it runs, but N = 32768 is larger than \d+ bits need/,
  ],
  [
    "a ring that is too small",
    (network) => ({ ...solution(network), polyModulusDegree: 4096 }),
    /below 128-bit security/,
  ],
  ["something else", () => [50, 50], /expected \{ polyModulusDegree, coeffModulusBits \}, got \[ 50, 50 \]/],
])("%s: refused, and why", (_, answer, says) => expectRefused(shortestChain, answer as never, says));

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])("no wrong chain passes by chance (%d)", async (seed) => {
  const wrongs = [
    changed(([first, ...rest]) => [first + 1, ...rest]),
    changed((chain) => [...chain.slice(0, -1), chain.at(-1)! + 1]),
    changed((chain) => [chain[0], ...chain.slice(1, -1).reverse(), chain.at(-1)!]),
    changed((chain) => [...chain.slice(0, -1).reverse(), chain.at(-1)!]),
  ];
  for (const answer of wrongs) {
    expect(await attempt(shortestChain, answer, seed)).toMatchObject({ passed: false, hint: 2 });
  }
});

test("what the last run accepted does not pass", async () => {
  expect(await replayAttempt(shortestChain, solution)).toMatchObject({ passed: false });
});
