import * as z from "zod";
import { InputError } from "../errors.js";
import { bytesSchema, type TypeOf } from "../schema.js";
import type { CkksParameters } from "./parameters.js";
import type { SchemeParameters } from "./scheme-parameters.js";
import { ciphertextHeadBytes, keysHeadBytes, seedBytes, wordBytes } from "./seal-format.js";

export const rotationStepSchema = z.union([z.int(), z.literal("conjugate")]);

/** Slots by which values move to the left, 1 to N / 2 − 1; or `"conjugate"`, complex conjugation of all slots. */
export type RotationStep = z.infer<typeof rotationStepSchema>;

export const rotationNeedSchema = z.strictObject({ step: rotationStepSchema, level: z.int() });

/** A rotation that a plan uses, and the most data primes that are left when it does. */
export interface RotationNeed extends TypeOf<typeof rotationNeedSchema> {}

export const rotationKeySchema = rotationNeedSchema.extend({ bytes: bytesSchema });

/** A rotation key as it travels: seeded, without the parts that are used above its level only. */
export interface RotationKey extends TypeOf<typeof rotationKeySchema> {}

/** The Galois element of X ↦ X^g that rotates slots by `step`. @see SEAL 4.1.2, native/src/seal/util/galois.cpp */
export function galoisElement(polyModulusDegree: number, step: RotationStep): number {
  const order = 2 * polyModulusDegree;
  if (step === "conjugate") return order - 1;
  let element = 1;
  for (let i = 0; i < step; i++) element = (element * 3) % order;
  return element;
}

// SEAL writes Galois keys as a head and the number of places for keys, then for each the number of its digits and a seeded
// ciphertext a digit. A switch with l data primes left reads the first l digits, and of each the residues modulo the first l
// data primes and the special prime: the others need not travel.

interface Sizes {
  readonly primes: number;
  readonly residue: number;
  readonly digit: number;
  readonly elements: number;
}

function sizesUnder({ polyModulusDegree, coeffModulus }: SchemeParameters): Sizes {
  const primes = coeffModulus.length;
  const residue = polyModulusDegree * wordBytes;
  return {
    primes,
    residue,
    digit: ciphertextHeadBytes + primes * residue + seedBytes,
    elements: polyModulusDegree,
  };
}

/** Bytes of a rotation key that travels, for use with at most `level` data primes. */
export function rotationKeyBytes(parameters: CkksParameters, level: number): number {
  const { residue } = sizesUnder(parameters);
  return keysHeadBytes + level * (ciphertextHeadBytes + (level + 1) * residue + seedBytes);
}

/** Bytes of a public key as it travels: seeded, like every other key here. */
export function publicKeyBytes(parameters: SchemeParameters): number {
  return sizesUnder(parameters).digit;
}

/** Bytes of relinearization keys as they travel. */
export function relinKeyBytes(parameters: SchemeParameters): number {
  const { digit, primes } = sizesUnder(parameters);
  return keysHeadBytes + 2 * wordBytes + (primes - 1) * digit;
}

/** Which evaluation keys a server needs. */
export interface KeyNeeds {
  readonly rotations: readonly RotationNeed[];
  readonly relinearization: boolean;
}

/** Bytes of all evaluation keys as they travel, seeded and uncompressed. */
export function evaluationKeyBytes(
  parameters: CkksParameters,
  { rotations, relinearization }: KeyNeeds,
): number {
  return rotations.reduce(
    (sum, { level }) => sum + rotationKeyBytes(parameters, level),
    publicKeyBytes(parameters) + (relinearization ? relinKeyBytes(parameters) : 0),
  );
}

/** Bytes that evaluation keys take in a server's memory once they are loaded: both polynomials, at the full chain. */
export function loadedKeyBytes(parameters: CkksParameters, { rotations, relinearization }: KeyNeeds): number {
  const { primes, residue, elements } = sizesUnder(parameters);
  const switchingKey = (primes - 1) * 2 * primes * residue;
  // SEAL keeps a std::vector, of three 32-bit words, for each element that there could be a key for.
  const rotationKey = switchingKey + elements * 12;
  return 2 * primes * residue + rotations.length * rotationKey + (relinearization ? switchingKey : 0);
}

/** Bytes of one ciphertext as it travels to the server: fresh and seeded. */
export function inputCiphertextBytes(parameters: CkksParameters): number {
  return ciphertextHeadBytes + parameters.levels * sizesUnder(parameters).residue + seedBytes;
}

/** Bytes of one computed ciphertext with `level` data primes left. */
export function outputCiphertextBytes(parameters: CkksParameters, level: number): number {
  return ciphertextHeadBytes + 2 * level * sizesUnder(parameters).residue;
}

/**
 * Leaves out of one serialised Galois key all that a rotation with at most `level` data primes does not read.
 *
 * @param serialized SEAL's Galois keys for exactly one element, seeded and uncompressed
 */
export function trimRotationKey(
  parameters: CkksParameters,
  serialized: Uint8Array,
  need: RotationNeed,
): RotationKey {
  const { primes, residue, digit } = sizesUnder(parameters);
  const { level } = need;
  const start = serialized.length - trailingPlaces(parameters, need.step) * wordBytes - (primes - 1) * digit;
  const bytes = new Uint8Array(rotationKeyBytes(parameters, level));
  bytes.set(serialized.subarray(0, keysHeadBytes));
  let at = keysHeadBytes;
  const take = (from: number, length: number) => {
    bytes.set(serialized.subarray(from, from + length), at);
    at += length;
  };
  for (let i = 0; i < level; i++) {
    const from = start + i * digit;
    take(from, ciphertextHeadBytes + level * residue);
    take(from + ciphertextHeadBytes + (primes - 1) * residue, residue + seedBytes);
  }
  return { ...need, bytes };
}

/**
 * Puts a trimmed key back into the form that SEAL loads; what was left out is filled with values that no switch at the
 * key's level reads.
 *
 * @throws InputError unless the key has exactly the length that its step and level ask for
 */
export function expandRotationKey(parameters: CkksParameters, key: RotationKey): Uint8Array {
  requireRotation(parameters, key);
  const { primes, residue, digit, elements } = sizesUnder(parameters);
  const { level, bytes: trimmed } = key;
  const expected = rotationKeyBytes(parameters, level);
  if (!(trimmed instanceof Uint8Array) || trimmed.length !== expected) {
    throw new InputError(
      `rotation key ${key.step}: expected ${expected} bytes for level ${level}, got ${trimmed?.length}; ` +
        `make it again under the server's parameters`,
    );
  }
  const serialized = new Uint8Array(keysHeadBytes + (elements + 1) * wordBytes + (primes - 1) * digit);
  serialized.set(trimmed.subarray(0, keysHeadBytes));
  const view = new DataView(serialized.buffer);
  view.setBigUint64(keysHeadBytes, BigInt(elements), true);
  const start = serialized.length - trailingPlaces(parameters, key.step) * wordBytes - (primes - 1) * digit;
  view.setBigUint64(start - wordBytes, BigInt(primes - 1), true);
  const trimmedDigit = ciphertextHeadBytes + (level + 1) * residue + seedBytes;
  for (let i = 0; i < primes - 1; i++) {
    const from = keysHeadBytes + Math.min(i, level - 1) * trimmedDigit;
    const to = start + i * digit;
    serialized.set(trimmed.subarray(from, from + ciphertextHeadBytes + level * residue), to);
    serialized.set(
      trimmed.subarray(from + ciphertextHeadBytes + level * residue, from + trimmedDigit),
      to + ciphertextHeadBytes + (primes - 1) * residue,
    );
  }
  return serialized;
}

/** @throws InputError unless the parameters have such a rotation and such a level */
export function requireRotation(
  parameters: SchemeParameters,
  { step, level }: RotationNeed,
): asserts parameters is CkksParameters {
  const { scheme, slots, levels } = parameters;
  if (scheme === "bfv") {
    throw new InputError(`rotation: BFV runs layer by layer, where nothing is rotated; use CKKS parameters`);
  }
  const stepFits = step === "conjugate" || (Number.isInteger(step) && step >= 1 && step < slots);
  if (!stepFits || !Number.isInteger(level) || level < 1 || level > levels) {
    throw new InputError(
      `rotation: expected a step from 1 to ${slots - 1} and a level from 1 to ${levels}, ` +
        `got step ${String(step)} at level ${String(level)}`,
    );
  }
}

/** In which place SEAL keeps a rotation's key: there is one for every odd number below 2N. */
export function galoisPlace({ polyModulusDegree }: CkksParameters, step: RotationStep): number {
  return (galoisElement(polyModulusDegree, step) - 1) / 2;
}

/** Empty places behind a rotation's own. */
function trailingPlaces(parameters: CkksParameters, step: RotationStep): number {
  return parameters.polyModulusDegree - 1 - galoisPlace(parameters, step);
}
