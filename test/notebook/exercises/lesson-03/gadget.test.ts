import { expect, test } from "@jest/globals";
import { centredMod, decompose, mod } from "../../../../src/he-ml/toy-ckks/index.js";
import { gadget } from "../../../../src/notebook/exercises/lesson-03/gadget.js";
import { attempt, expectRefused, expectUntouchedRefused, replayAttempt } from "../attempts.js";
import { expectAlwaysRefused } from "./always-refused.js";

interface Asked {
  polynomial: bigint[];
  q: bigint;
  pieces: number;
}
interface Digits {
  base: bigint;
  digits: bigint[][];
}

const leastBase = ({ q, pieces }: Asked) => BigInt(Math.ceil(Number(q) ** (1 / pieces)));
const inBase = (base: bigint, { polynomial, q }: Asked): Digits => ({
  base,
  digits: decompose(polynomial, { base }, [q]).map((digit) => [...digit]),
});
const cut = (asked: Asked) => inBase(leastBase(asked), asked);

/** So many digits, by some way to take the lowest one and what is left. */
const cutBy = (
  { polynomial, q, pieces }: Asked,
  base: bigint,
  lowestOf: (rest: bigint) => bigint,
  restOf: (rest: bigint, lowest: bigint) => bigint,
): Digits => {
  let rest = polynomial.map((coefficient) => mod(coefficient, q));
  const digits = Array.from({ length: pieces - 1 }, () => {
    const lowest = rest.map(lowestOf);
    rest = rest.map((one, j) => restOf(one, lowest[j]));
    return lowest;
  });
  return { base, digits: [...digits, rest] };
};

test("the solution passes, by the least base and by a power of two, and the untouched exercise is refused", async () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(await attempt(gadget, cut, seed)).toEqual({
      passed: true,
      says: "3, 5, 4 digits, each switch within its noise",
    });
    const byPowers = (asked: Asked) =>
      inBase(2n ** BigInt(Math.ceil(Math.log2(Number(asked.q)) / asked.pieces)), asked);
    expect(await attempt(gadget, byPowers, seed)).toMatchObject({ passed: true });
  }
  await expectUntouchedRefused(gadget);
});

test.each<[string, (asked: Asked) => unknown, RegExp]>([
  [
    "too many digits",
    (asked) => inBase(16n, asked),
    /the right number, and a noise of \d+, but too many digits: 6, and the key has 3 pieces\. A larger base/,
  ],
  ["one digit", (asked) => inBase(asked.q, asked), /noise is \d.*: 1 digits where 3 are allowed/],
  [
    "digits from 0 on",
    (asked) => {
      const base = leastBase(asked);
      return cutBy(
        asked,
        base,
        (one) => mod(one, base),
        (one) => one / base,
      );
    },
    /there are digits beyond ±B\/2/,
  ],
  [
    "no carry",
    (asked) => {
      const base = leastBase(asked);
      return cutBy(
        asked,
        base,
        (one) => centredMod(one, base),
        (one) => one / base,
      );
    },
    /where a digit was brought below 0, the next one has to be one more/,
  ],
  [
    "the rest lost",
    (asked) => {
      const { base, digits } = inBase(16n, asked);
      return { base, digits: digits.slice(0, asked.pieces) };
    },
    /the last digit has to take all that is left/,
  ],
  [
    "highest first",
    (asked) => ({ ...cut(asked), digits: cut(asked).digits.reverse() }),
    /they come highest first/,
  ],
  [
    "too small a base",
    (asked) => {
      const base = leastBase(asked) / 4n;
      return cutBy(
        asked,
        base,
        (one) => centredMod(one, base),
        (one, lowest) => (one - lowest) / base,
      );
    },
    /the last digit is large/,
  ],
  [
    "too large a base",
    (asked) => {
      const base = leastBase(asked) * 4n;
      return cutBy(
        asked,
        base,
        (one) => centredMod(one, base),
        (one, lowest) => (one - lowest) / base,
      );
    },
    /B\^3 is far above q/,
  ],
  ["base 1", (asked) => ({ ...cut(asked), base: 1n }), /a base is 2 or more/],
  ["anything", (asked) => ({ ...cut(asked), digits: [asked.polynomial, asked.polynomial] }), /sum up to/],
  ["no digits", () => [1n], /^gadgetDigits: expected \{ base, digits \}/],
])("%s: refused, and why", (_, answer, says) => expectRefused(gadget, answer, says));

/** As many digits as pieces, all by the same remainder, in the least power of two whose power reaches q. */
const allAlike =
  (
    remainder: (one: bigint, base: bigint) => bigint,
    start: (one: bigint, q: bigint) => bigint = (one) => one,
  ) =>
  ({ polynomial, q, pieces }: Asked): Digits => {
    let base = 2n;
    while (base ** BigInt(pieces) < q) base *= 2n;
    let rest = polynomial.map((one) => start(one, q));
    const digits = Array.from({ length: pieces }, () => {
      const lowest = rest.map((one) => remainder(one, base));
      rest = rest.map((one, j) => (one - lowest[j]) / base);
      return lowest;
    });
    return { base, digits };
  };
/** In [−B/2, B/2). */
const roundedDown = (one: bigint, base: bigint) => -centredMod(-one, base);

test.each<[string, (asked: Asked) => Digits, RegExp]>([
  ["around 0", allAlike(centredMod), /a carry out of the last digit was lost: .* is not brought around 0$/],
  ["around 0, below B/2", allAlike(roundedDown), /a carry out of the last digit was lost: .* around 0$/],
  ["around 0, from numbers in [0, q)", allAlike(centredMod, mod), /a carry out of the last digit was lost/],
  ["from 0 on", allAlike(mod), /a carry out of the last digit was lost: .* is no remainder modulo B$/],
])("the last digit like the others, %s: always refused, and why", (_, answer, says) =>
  expectAlwaysRefused(gadget, answer, says),
);

test("what the last run expected does not pass", async () => {
  expect(await replayAttempt(gadget, cut)).toMatchObject({ passed: false });
});
