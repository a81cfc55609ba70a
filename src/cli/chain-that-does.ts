import { formatParameters, type CkksParameters } from "../he-ml/crypto/parameters.js";
import { ChainTooShortError } from "../he-ml/layers/rescaling.js";

/** Longer first for the weights, then for the values of the images. */
const mostTimes = 3;

/**
 * Does what needs parameters, and does it again, which is said, where they are too short and longer ones would do: those
 * that a model comes with, or that are chosen before the values of its images are known. What a user gives is not
 * replaced.
 *
 * @param work given longer parameters, but the first time
 */
export async function onChainThatDoes<T>(
  { parameters }: { readonly parameters?: string },
  warn: (message: string) => void,
  work: (longer: CkksParameters | undefined) => Promise<T>,
): Promise<T> {
  let longer: CkksParameters | undefined;
  for (let time = 1; ; time++) {
    try {
      return await work(longer);
    } catch (error) {
      const canGoOn = error instanceof ChainTooShortError && error.remedy && time < mostTimes;
      if (!canGoOn || parameters !== undefined) throw error;
      longer = error.remedy;
      warn(`${error.message}; taken: ${formatParameters(error.remedy!)}`);
    }
  }
}
