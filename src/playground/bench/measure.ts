import { benchValues, type BenchState } from "../state/link.js";
import { sentenceOf } from "../workers/calls.js";
import type { CheckedParameters } from "../workers/messages.js";
import type { Workers } from "../workers/start.js";
import { benchRotations, operations } from "./operations.js";

/** A step that was done. */
export interface DoneStep {
  readonly name: string;
  readonly says: string;
  /** Data primes left; none while the values are not encrypted, as an encoded plaintext stands at the top. */
  readonly level: number;
  readonly scaleBits: number;
  /** Polynomials: 1 of a plaintext, 2 of a ciphertext, 3 between a product and its relinearization. */
  readonly size: number;
  readonly bytes: number;
  readonly milliseconds?: number;
  /** What it decodes or decrypts to, slot by slot, and what it would be exactly. */
  readonly slots: Float64Array;
  readonly exact: Float64Array;
  /** What a server sees of it, of a ciphertext. */
  readonly residues?: Float64Array;
  readonly error: number;
  /** The largest error that is expected of all slots. */
  readonly predictedError?: number;
}

export interface Measured {
  readonly checked: CheckedParameters;
  readonly steps: readonly DoneStep[];
  /** Why the last operation cannot be done. */
  readonly refused?: string;
}

/** Parameters as the library takes them. */
export const specOf = ({ polyModulusDegree, coeffModulusBits, scaleBits, isTeaching }: BenchState) => ({
  ...{ polyModulusDegree, coeffModulusBits: [...coeffModulusBits], scaleBits },
  security: isTeaching ? ("teaching" as const) : (128 as const),
});

const largestError = (slots: Float64Array, exact: Float64Array): number =>
  slots.reduce((most, value, slot) => Math.max(most, Math.abs(value - exact[slot])), 0);

/** Euler's constant. */
const gamma = 0.5772;

/**
 * The largest of as many errors that is expected. A slot's error is a Gaussian times |s(ζ)|, which over the slots is Rayleigh
 * distributed: together Laplace's distribution, P(|e| > kσ) = exp(−k√2), whose largest of n is (ln n + γ)/√2 deviations on average.
 */
const expectedLargest = (deviation: number, count: number): number =>
  (deviation * (Math.log(count) + gamma)) / Math.SQRT2;

/**
 * Does all steps of a state, from the values on.
 *
 * @param isWanted asked between the steps
 * @returns undefined where it was not wanted any more
 */
export async function measureBench(
  state: BenchState,
  { keys, evaluation, plain }: Workers,
  isWanted: () => boolean,
): Promise<Measured | undefined> {
  const spec = specOf(state);
  const checked = await plain.check(spec);
  if (checked.refused !== undefined || !state.steps) return { checked, steps: [] };
  const values = benchValues(state.values);
  const { polyModulusDegree, coeffModulusBits, scaleBits, steps: asked } = state;
  const level = coeffModulusBits.length - 1;
  const exact = Float64Array.from({ length: polyModulusDegree / 2 }, (_, slot) => values[slot] ?? 0);
  const steps: DoneStep[] = [];
  try {
    const { slots } = await plain.benchEncode(spec, values);
    steps.push({
      ...{ name: "encode", says: "values → polynomial", level, scaleBits, size: 1 },
      ...{ bytes: level * polyModulusDegree * 8, slots, exact, error: largestError(slots, exact) },
    });
    if (!asked.isEncrypted) return { checked, steps };
    if (!isWanted()) return undefined;
    const { keys: evaluationKeys } = await keys.benchKeys(spec, benchRotations);
    if (!isWanted()) return undefined;
    const { tensor } = await keys.benchEncrypt(values);
    const [done, twin] = await Promise.all([
      evaluation.bench(spec, evaluationKeys, tensor, asked.operations),
      plain.benchTwin(spec, values, asked.operations),
    ]);
    for (const [index, step] of done.entries()) {
      if (!isWanted()) return undefined;
      const clear = twin[index];
      if ("refused" in step) return { checked, steps, refused: step.refused };
      if ("refused" in clear) return { checked, steps, refused: clear.refused };
      const { slots: opened } = await keys.benchOpen([step.tensor]);
      const { level: left, scaleBits: bitsNow, size, bytes, milliseconds, residues } = step;
      const { name, says } =
        index === 0
          ? { name: "encrypt", says: "polynomial → 2 of them" }
          : nameOf(asked.operations[index - 1]);
      steps.push({
        ...{ name, says, level: left, scaleBits: bitsNow, size, bytes, milliseconds },
        ...{ slots: opened[0], exact: clear.slots, residues },
        error: largestError(opened[0], clear.slots),
        predictedError: expectedLargest(clear.predictedError, exact.length),
      });
    }
    return { checked, steps };
  } catch (error) {
    return { checked, steps, refused: sentenceOf(error) };
  }
}

const nameOf = (letter: keyof typeof operations) => ({
  name: operations[letter].title,
  says: operations[letter].says,
});
