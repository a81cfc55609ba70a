import * as toy from "../../../he-ml/toy-ckks/index.js";
import type { Random } from "../exercise.js";
import { integer } from "../random.js";
import { chainWithLevels } from "../lesson-04/level-chains.js";
import { ToyMachine } from "../toy-machine.js";

/** Of a toy ciphertext in this lesson. */
export const slots = 64;

/** Toy CKKS with 64 slots, in which so many rescales can follow one another. */
export const slotMachine = (levels: number, seed: number): ToyMachine =>
  new ToyMachine(chainWithLevels(levels, 2 * slots), toy.seededRandom(seed));

/** What only the judge knows of a case. */
export interface SlotInputs {
  readonly values: readonly number[];
  /** Of the keys and the noise. */
  readonly seed: number;
}

/** A value for each slot. */
export const drawSlots = (random: Random): SlotInputs => ({
  values: Array.from({ length: slots }, () => eighths(random)),
  seed: integer(random, 0, 2 ** 31),
});

/** Between ½ and 4 in size, so that none is missed unseen. */
export const eighths = (random: Random): number => (integer(random, 4, 32) / 8) * (random() < 0.5 ? -1 : 1);

/** Noise and rounding are far smaller, weights and values far larger. */
const tolerance = 1e-3;

/** Whether each place of `expected` holds what it should. */
export const agree = (got: readonly number[], expected: readonly number[]): boolean =>
  expected.every((value, slot) => Math.abs(value - got[slot]) < tolerance);

/** The first slot that is wrong, in words; undefined where none is. */
export function firstWrong(got: readonly number[], expected: readonly number[]): string | undefined {
  const at = expected.findIndex((value, slot) => !(Math.abs(value - got[slot]) < tolerance));
  return at < 0 ? undefined : `slot ${at} is ${got[at].toFixed(3)}, expected ${expected[at].toFixed(3)}`;
}
