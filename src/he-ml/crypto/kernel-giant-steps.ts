import type { Residues, RnsRing } from "../kernels/rns-ring.js";
import { sumOfProducts } from "../kernels/rns-products.js";
import { RotationSum, type RotationKeyUse } from "../kernels/rotation-sum.js";
import type { Plaintext } from "./ciphertext.js";
import type { GiantStep } from "./linear-transform.js";
import type { RotationStep } from "./rotation-keys.js";

/** Where giant steps find what they work on in the kernels' memory. */
interface Operands {
  /** Both polynomials of input `input` rotated by `baby` slots. */
  readonly babyOf: (input: number, baby: number) => readonly Residues[];
  readonly factorOf: (plaintext: Plaintext) => Residues;
  /** @throws InputError if there is no key for this level */
  readonly keyOf: (step: RotationStep, level: number) => RotationKeyUse;
}

/**
 * For each output the sum of its giant steps, each a sum of products in one pass over memory, rotated. The rotations of an
 * output share one division by the special prime.
 *
 * @yields the share of the giant steps that is done, from 0 to 1
 * @returns outputs and their polynomials, which the caller owns
 */
export function* giantStepSums(
  ring: RnsRing,
  giants: readonly GiantStep[],
  operands: Operands,
): Generator<number, [output: number, polynomials: Residues[]][]> {
  const sums = new Map<number, RotationSum>();
  try {
    for (const [i, giant] of giants.entries()) {
      const sum = sums.get(giant.output) ?? new RotationSum(ring);
      sums.set(giant.output, sum);
      ring.memory.attempt(() => addGiantStep(sum, ring, giant, operands));
      yield (i + 1) / giants.length;
    }
    return ring.memory.attempt(() => Array.from(sums, ([output, sum]) => [output, sum.finish()]));
  } finally {
    for (const sum of sums.values()) sum[Symbol.dispose]();
  }
}

function addGiantStep(
  sum: RotationSum,
  ring: RnsRing,
  { step, terms }: GiantStep,
  { babyOf, factorOf, keyOf }: Operands,
): void {
  const [first, second] = sumOfProducts(
    ring,
    terms.map(({ input, baby }) => babyOf(input, baby)),
    terms.map(({ plaintext }) => factorOf(plaintext)),
  );
  if (step === 0) {
    sum.add([first, second]);
  } else {
    const digits = ring.digits(second, false);
    sum.addRotated(first, digits, keyOf(step, second.length));
    ring.giveDigits(digits);
  }
  ring.memory.give([...first, ...second]);
}
