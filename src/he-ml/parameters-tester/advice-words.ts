import { kernelPrimes, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { formatChain, type CkksParameters } from "../crypto/parameters.js";
import { formatSecurity, mostModulusBits, type AskedSecurity } from "../crypto/security-tables.js";
import { errorToExpect, type AdviceGoal, type AdvicePoint } from "./advice.js";

// Why the adviser advises what it does, in words.

export const percentText = (share: number) => `${Number((100 * share).toPrecision(2))} %`;

/** Why the degree: the bits of all primes against the table. */
export function whyDegree({ polyModulusDegree, coeffModulusBits }: CkksParameters, security: AskedSecurity) {
  const total = coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
  const most = (degree: number) => mostModulusBits({ ...security, polyModulusDegree: degree });
  const [here, below] = [most(polyModulusDegree), most(polyModulusDegree / 2)];
  const level = formatSecurity({ ...security, security: security.security ?? 128 });
  return (
    `the primes have ${total} bits in all; ${level} allows ${here} at N = ${polyModulusDegree}` +
    (total > below
      ? `, and ${below} at ${polyModulusDegree / 2}`
      : `; they would fit at ${polyModulusDegree / 2}, but there are twice as many slots`)
  );
}

/** Why the chain: what each of its primes is for. */
export function whyChain(parameters: CkksParameters, evaluator: EvaluatorKind): string {
  const { coeffModulusBits, levels } = parameters;
  const [base] = coeffModulusBits;
  const [fast, middle] = kernelPrimes;
  const largest = Math.max(...coeffModulusBits);
  const speed =
    evaluator === "seal"
      ? "SEAL takes primes of any size alike"
      : largest <= fast.mostBits
        ? `primes of up to ${fast.mostBits} bits are fastest in the kernels`
        : `primes beyond ${largest <= middle.mostBits ? fast.mostBits : middle.mostBits} bits are more precise, and slower ` +
          `in the kernels`;
  return (
    `${formatChain(parameters)}: ${base} bits are left at the end for scale and values, ` +
    (levels === 1
      ? ""
      : levels === 2
        ? "the next is divided by on the way, "
        : `the next ${levels - 1} are divided by on the way, `) +
    `the last serves keys only; ${speed}`
  );
}

export function whyPacking(
  packing: AdvicePoint["packing"],
  { slots }: CkksParameters,
  ciphertexts = 1,
): string {
  if (packing === "packed") {
    return `one image in ${ciphertexts === 1 ? "one ciphertext" : `${ciphertexts} ciphertexts`}: little to send, answered soonest`;
  }
  return `an image in each of ${slots} slots: as many as fit take as long as one alone, and share what is sent`;
}

const goalInWords: Readonly<Record<AdviceGoal, readonly [what: string, of: keyof Measured]>> = {
  latency: ["the time of an image", "latencyMilliseconds"],
  throughput: ["the time of each of many images", "millisecondsPerImage"],
  upload: ["what is sent for each of many images", "uploadBytesPerImage"],
};

type Measured = NonNullable<AdvicePoint["measured"]>;

/** How much less error "stricter" means. */
const stricterBy = 4;

/**
 * What less error than was asked for would cost, by what was measured.
 *
 * @param points ranked, those that miss included
 */
export function whatStricterCosts(points: readonly AdvicePoint[], asked: number, goal: AdviceGoal): string {
  const [what, measure] = goalInWords[goal];
  const best = points.find(({ status }) => status === "recommended")?.measured;
  if (!best) {
    const runs = points.flatMap(({ measured }) => (measured ? [measured.relativeError] : []));
    return runs.length > 0
      ? `nothing that was tried holds ${percentText(asked)}: the least error was ${percentText(Math.min(...runs))}; ask for less precision`
      : `nothing that was tried works; see the reasons`;
  }
  const wanted = asked / stricterBy;
  const holds = points
    .filter(({ measured }) => measured && errorToExpect(measured) <= wanted)
    .sort((a, b) => a.measured![measure] - b.measured![measure]);
  const stricter = holds.at(0)?.measured;
  if (!stricter) return `nothing that was tried holds a quarter of the error, ${percentText(wanted)}`;
  if (stricter === best) return `it holds a quarter of the error, ${percentText(wanted)}, as it is`;
  const times = stricter[measure] / best[measure];
  return `a quarter of the error, ${percentText(wanted)}, takes ${times.toPrecision(2)} times ${what}: ${holds[0].name}`;
}
