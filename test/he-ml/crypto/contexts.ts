import { expect } from "@jest/globals";
import type { SerializedTensor } from "../../../src/he-ml/crypto/encrypted-tensor.js";
import { InputError } from "../../../src/he-ml/errors.js";
import { lazyParameters, maxAbsDifference, openSeal, randomTensor, type SealSide } from "../support.js";

export const parameters = lazyParameters;

export const { polyModulusDegree, levels, slots } = parameters;

/** Two polynomials at the top level. */
export const fullBytes = 2 * levels * polyModulusDegree * 8;

/** Errors of fresh encryptions at 2^20 stay far below this, values of other keys far above. */
export const tolerance = 0.01;

export const images = randomTensor([3, 2, 2, 1], 1);

export const side = await openSeal(parameters);

export const ours = side.client.encrypt(images, { packing: "batch" });

/** Our ciphertexts, the first of them changed. */
export const withFirst = (bytes: Uint8Array): SerializedTensor => ({
  ...ours,
  ciphertexts: [bytes, ...ours.ciphertexts.slice(1)],
});

/** That the context did not take harm: a round trip still works. */
export function expectUnharmed(of: SealSide = side): void {
  using loaded = of.server.load(ours);
  expect(maxAbsDifference(of.decrypt(loaded).data, images.data)).toBeLessThan(tolerance);
}

export function expectInputError(error: unknown, message?: RegExp | string): void {
  expect(error).toBeInstanceOf(InputError);
  if (message) expect((error as InputError).message).toMatch(message);
}
