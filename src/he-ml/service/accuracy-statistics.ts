import { requireArgument } from "../arguments.js";

/** A share of so many trials, and where its true value lies with 95 % confidence. */
export interface ShareInterval {
  readonly low: number;
  readonly high: number;
}

/** The 97.5th percentile of the standard normal distribution: 95 % lie between it and its negative. */
const z95 = 1.959963984540054;

/**
 * Wilson's score interval of a share, at 95 %: unlike the usual ± 1.96 σ, it holds near 0 and 1, too.
 *
 * Source: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of the American
 * Statistical Association 22 (1927), 209–212, https://doi.org/10.1080/01621459.1927.10502953
 *
 * @param right how many of the trials, from 0 to `trials`
 * @param trials at least 1
 * @throws InputError unless they are whole numbers so
 * @example wilsonInterval(9, 10) // { low: 0.596, high: 0.982 }, rounded
 */
export function wilsonInterval(right: number, trials: number): ShareInterval {
  const isCount = (value: unknown) => Number.isInteger(value) && Number(value) >= 0;
  requireArgument(
    "wilsonInterval: trials",
    isCount(trials) && trials > 0,
    "a whole number of at least 1",
    trials,
  );
  requireArgument(
    "wilsonInterval: right",
    isCount(right) && right <= trials,
    `a whole number from 0 to ${trials}`,
    right,
  );
  const [share, z2] = [right / trials, z95 ** 2];
  const middle = (share + z2 / (2 * trials)) / (1 + z2 / trials);
  const half = (z95 / (1 + z2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials ** 2));
  // At the ends the two are equal but for rounding.
  return { low: right === 0 ? 0 : middle - half, high: right === trials ? 1 : middle + half };
}

/**
 * How often each label was read as each class.
 *
 * @param pairs label and prediction, both from 0 to `classes − 1`
 * @returns a row for each label, a column for each prediction
 */
export function confusionMatrix(
  pairs: Iterable<readonly [label: number, predicted: number]>,
  classes: number,
): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [label, predicted] of pairs) matrix[label][predicted]++;
  return matrix;
}
