import { describe, expect, test } from "@jest/globals";
import { randomInteger, seededRandom, shuffledIndices } from "../../src/train/random.js";

describe("seeded randomness", () => {
  test("is mulberry32: the sequence of seed 1 is pinned", () => {
    const random = seededRandom(1);
    const firstBits = Array.from({ length: 4 }, () => random() * 2 ** 32);
    expect(firstBits).toEqual([2693262067, 11749833, 2265367787, 4213581821]);
  });

  test("differs by seed", () => {
    expect(seededRandom(1)()).not.toBe(seededRandom(2)());
  });

  test("whole numbers cover their range and nothing else", () => {
    const random = seededRandom(3);
    const drawn = new Set(Array.from({ length: 1000 }, () => randomInteger(random, -2, 2)));
    expect([...drawn].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
  });

  test("a shuffle is a permutation, the same for the same seed", () => {
    const shuffled = shuffledIndices(1000, seededRandom(4));
    expect([...shuffled].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect([...shuffled]).not.toEqual(Array.from({ length: 1000 }, (_, index) => index));
    expect([...shuffledIndices(1000, seededRandom(4))]).toEqual([...shuffled]);
  });
});
