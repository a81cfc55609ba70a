import { finished, type Ciphertext, type Plaintext } from "./ciphertext.js";
import type { OperationCounts } from "./operation-counts.js";
import type { CkksParameters } from "./parameters.js";
import { requireFactor, requireSameLevel, requireSameScale, requireSize } from "./preconditions.js";
import { requireRotation, type RotationStep } from "./rotation-keys.js";

/** A product in a linear transform: a rotated input times a plaintext. */
export interface TransformTerm {
  /** Which of the inputs. */
  readonly input: number;
  /** Slots by which the input is rotated before the product, the baby step; 0 for not at all. */
  readonly baby: number;
  readonly plaintext: Plaintext;
}

/** Products of a linear transform that are summed first and then rotated together. */
export interface GiantStep {
  /** Which of the outputs they belong to. */
  readonly output: number;
  /** Slots by which their sum is rotated; 0 for not at all. */
  readonly step: number;
  readonly terms: readonly TransformTerm[];
}

/** What a linear transform is made of. */
interface Operations {
  multiplyPlain(a: Ciphertext, b: Plaintext): Ciphertext;
  multiplyPlainAddInplace(sum: Ciphertext, a: Ciphertext, b: Plaintext): void;
  addInplace(a: Ciphertext, b: Ciphertext): void;
  rotate(a: Ciphertext, step: RotationStep): Ciphertext;
}

/**
 * The baby-step giant-step method: for each output Σ over its giant steps of rotate(Σ baby·plaintext, step).
 *
 * @yields the share of the giant steps that is done, from 0 to 1
 * @see Halevi, Shoup, "Faster Homomorphic Linear Transformations in HElib", CRYPTO 2018, https://eprint.iacr.org/2018/244
 */
export function* babyStepGiantStep(
  he: Operations,
  giants: readonly GiantStep[],
  babyOf: (input: number, baby: number) => Ciphertext,
): Generator<number, Map<number, Ciphertext>> {
  const totals = new Map<number, Ciphertext>();
  try {
    for (const [i, { output, step, terms }] of giants.entries()) {
      const part = giantStep(he, terms, babyOf, step);
      const total = totals.get(output);
      if (total) {
        using added = part;
        he.addInplace(total, added);
      } else {
        totals.set(output, part);
      }
      yield (i + 1) / giants.length;
    }
    return totals;
  } catch (error) {
    for (const total of totals.values()) total[Symbol.dispose]();
    throw error;
  }
}

function giantStep(
  he: Operations,
  [first, ...others]: readonly TransformTerm[],
  babyOf: (input: number, baby: number) => Ciphertext,
  step: number,
): Ciphertext {
  const product = he.multiplyPlain(babyOf(first.input, first.baby), first.plaintext);
  const sum = finished(product, () => {
    for (const { input, baby, plaintext } of others) {
      he.multiplyPlainAddInplace(product, babyOf(input, baby), plaintext);
    }
  });
  if (step === 0) return sum;
  using unrotated = sum;
  return he.rotate(unrotated, step);
}

/** @throws InputError as `multiplyPlain`, `add` and `rotate` would, one after the other */
export function requireGiantSteps(
  parameters: CkksParameters,
  giants: readonly GiantStep[],
  babyOf: (input: number, baby: number) => Ciphertext,
): void {
  const products = new Map<number, { readonly level: number; readonly scale: number }>();
  for (const { output, step, terms } of giants) {
    for (const { input, baby, plaintext } of terms) {
      const factor = babyOf(input, baby);
      requireSize("rotate", factor, 2);
      requireFactor(parameters, "multiplyPlain", factor, plaintext);
      const product = { level: factor.level, scale: factor.scale * plaintext.scale };
      const first = products.get(output) ?? product;
      requireSameLevel("add", first, product);
      requireSameScale("add", first, product);
      products.set(output, first);
    }
    if (step !== 0) requireRotation(parameters, { step, level: products.get(output)!.level });
  }
}

/** What giant steps count as: products, their sums, and rotations. */
export function operationsOf(giants: readonly GiantStep[]): Partial<OperationCounts> {
  const outputs = new Set(giants.map(({ output }) => output)).size;
  const products = giants.reduce((sum, { terms }) => sum + terms.length, 0);
  return {
    multiplyPlain: products,
    add: products - outputs,
    rotate: giants.filter(({ step }) => step !== 0).length,
  };
}
