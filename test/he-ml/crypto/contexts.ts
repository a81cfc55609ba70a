import { expect } from "@jest/globals";
import { InputError } from "../../../src/he-ml/errors.js";
import { lazyParameters, randomTensor } from "../support.js";

export const parameters = lazyParameters;

export const { polyModulusDegree, levels, slots } = parameters;

/** Two polynomials at the top level. */
export const fullBytes = 2 * levels * polyModulusDegree * 8;

/** Errors of fresh encryptions at 2^20 stay far below this, values of other keys far above. */
export const tolerance = 0.01;

export const images = randomTensor([3, 2, 2, 1], 1);

export function expectInputError(error: unknown, message?: RegExp | string): void {
  expect(error).toBeInstanceOf(InputError);
  if (message) expect((error as InputError).message).toMatch(message);
}
