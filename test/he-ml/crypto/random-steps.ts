import * as fc from "fast-check";
import type { Ciphertext, Plaintext } from "../../../src/he-ml/crypto/ciphertext.js";
import type { Evaluator } from "../../../src/he-ml/crypto/evaluator.js";

export const computations = {
  encryptZero: (he, { level, scale }) => he.encryptZero({ level, scale }),
  copy: (he, { a }) => he.copy(a),
  add: (he, { a, b }) => he.add(a, b),
  sub: (he, { a, b }) => he.sub(a, b),
  addPlain: (he, { a, plain }) => he.addPlain(a, plain),
  multiplyPlain: (he, { a, plain }) => he.multiplyPlain(a, plain),
  multiplyPlainAdd: (he, { a, b, plain }) =>
    changed(he, a, (sum) => he.multiplyPlainAddInplace(sum, b, plain)),
  multiply: (he, { a, b }) => he.multiply(a, b),
  square: (he, { a }) => he.square(a),
  relinearize: (he, { a }) => he.relinearize(a),
  rescaleToNext: (he, { a }) => he.rescaleToNext(a),
  modSwitchTo: (he, { a, level }) => he.modSwitchTo(a, level),
  setScale: (he, { a, scale }) => changed(he, a, (copy) => he.setScaleInplace(copy, scale)),
} satisfies Record<string, (he: Evaluator, operands: Operands) => Ciphertext>;

export const encodings = {
  encode: (he, { vector, level, scale }) => he.encode(vector, { level, scale }),
  encodeScalar: (he, { scalar, level, scale }) => he.encodeScalar(scalar, { level, scale }),
} satisfies Record<string, (he: Evaluator, operands: Operands) => Plaintext>;

export interface Operands {
  readonly a: Ciphertext;
  readonly b: Ciphertext;
  readonly plain: Plaintext;
  readonly vector: Float64Array;
  readonly scalar: number;
  readonly level: number;
  readonly scale: number;
}

export function changed(he: Evaluator, a: Ciphertext, change: (copy: Ciphertext) => void): Ciphertext {
  const copy = he.copy(a);
  try {
    change(copy);
    return copy;
  } catch (error) {
    copy[Symbol.dispose]();
    throw error;
  }
}

export type Computation = keyof typeof computations;

export type Encoding = keyof typeof encodings;

export type Operation = "encrypt" | Computation | Encoding;

export const operations = [
  "encrypt",
  ...(Object.keys(computations) as Computation[]),
  ...(Object.keys(encodings) as Encoding[]),
] as const;

export interface Step {
  readonly operation: Operation;
  /** Seeds for the choice of operands. */
  readonly choices: readonly number[];
}

export const step: fc.Arbitrary<Step> = fc.record({
  // Twice as often what would otherwise seldom meet fitting operands.
  operation: fc.constantFrom(
    ...operations,
    "encrypt",
    "addPlain",
    "multiplyPlain",
    "multiplyPlainAdd",
    "multiplyPlain",
    "multiplyPlainAdd",
    "multiply",
    "relinearize",
    "rescaleToNext",
  ),
  choices: fc.array(fc.nat(9999), { minLength: 8, maxLength: 8 }),
});
