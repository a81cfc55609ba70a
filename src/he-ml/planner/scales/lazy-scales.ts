import { checkParameters, mostPrimeBits } from "../../crypto/parameters.js";
import { mostModulusBits, type SecureRing } from "../../crypto/security-tables.js";
import type { ErrorBudget } from "../errors/error-budget.js";
import { leastBits, searchBits, type RatedBits } from "./bit-search.js";
import { isRescaled, leastPrimeBits, type ChainProblem, type MostPrimeBits } from "./scale-chain.js";
import { isAsPrecise, type ScalePlan, type ScaleStage } from "./stage-scales.js";
import { chooseWaterline } from "./waterline-scales.js";

/**
 * How many primes each stage may divide by behind its square, the cheaper first, as each prime more makes all operations dearer
 * that come before its division: one each; two behind one of them, from the first on; two each.
 */
function primesPerRescale(stages: readonly ScaleStage[]): number[][] {
  const one = stages.map(() => 1);
  const rescaled = [...stages.keys()].filter((stage) => isRescaled(stages, stage));
  const twoBehind = rescaled.length > 1 ? rescaled.map((stage) => one.with(stage, 2)) : [];
  return [one, ...twoBehind, stages.map(() => 2)];
}

/**
 * Chooses chain and scales. Nothing is rescaled before an activation: the input's scale, the weights' and the square all
 * add up, and one division takes them down again, so that a stage costs one prime (two, where one is not precise enough).
 * Networks with polynomials of higher degree get a chain of equal primes instead (`chooseWaterline`).
 *
 * @param wantedErrors standard deviation of the error that is asked for at the output of each stage, Infinity for any
 * @param most bits of a prime
 * @returns undefined where no chain of this degree carries the stages as precisely
 * @see Dathathri et al., "EVA: An Encrypted Vector Arithmetic Language and Compiler", PLDI 2020,
 *   https://arxiv.org/abs/1912.11951, for rescaling as late as possible
 */
export function chooseScales(
  ring: SecureRing,
  stages: readonly ScaleStage[],
  budget: ErrorBudget,
  wantedErrors: readonly number[],
  most: MostPrimeBits,
): ScalePlan | undefined {
  if (hasPolynomial(stages)) {
    return chooseWaterline(ring, stages, budget, wantedErrors, most);
  }
  for (const problem of problemsOf(ring, stages, most)) {
    const found = searchBits(problem, budget, wantedErrors);
    if (found && isAsPrecise(found.errors, wantedErrors)) return scalePlan(problem, found);
  }
  return undefined;
}

/**
 * The first stage that no chain of this degree reaches, whatever its scales: every activation before it takes a prime,
 * beside the base prime and the special one. Known without layouts, so that a network far too deep is refused at once.
 */
export function firstOutOfReach<S extends Pick<ScaleStage, "activation">>(
  ring: SecureRing,
  stages: readonly S[],
): S | undefined {
  const primes = Math.floor(mostModulusBits(ring) / leastPrimeBits) - 2;
  let activations = 0;
  return stages.find(({ activation }) => (activation ? activations++ : activations) > primes);
}

/** Whether a chain of this degree carries the stages at all, however roughly. */
export function chainCarries(ring: SecureRing, stages: readonly ScaleStage[], budget: ErrorBudget): boolean {
  const any = {
    base: mostPrimeBits,
    stages: stages.map(() => mostPrimeBits),
    special: mostPrimeBits,
  };
  return hasPolynomial(stages)
    ? chooseWaterline(
        ring,
        stages,
        budget,
        stages.map(() => Infinity),
        any,
      ) !== undefined
    : problemsOf(ring, stages, any).some((problem) => leastBits(problem));
}

const hasPolynomial = (stages: readonly ScaleStage[]) =>
  stages.some(({ activation }) => activation?.kind === "polynomial");

const problemsOf = (ring: SecureRing, stages: readonly ScaleStage[], most: MostPrimeBits): ChainProblem[] =>
  primesPerRescale(stages).map((primes) => ({
    ...ring,
    stages,
    primesPerRescale: primes,
    most,
  }));

function scalePlan(
  { polyModulusDegree, security, securityTable, stages }: ChainProblem,
  { bits, chain, errors }: RatedBits,
): ScalePlan {
  const { scales, dataBits, specialBits, stagePrimes } = chain;
  const weightBits = bits.weights.filter((_, i) => stages[i].products);
  const parameters = checkParameters({
    polyModulusDegree,
    security,
    securityTable,
    coeffModulusBits: [...dataBits, specialBits],
    scaleBits: bits.input,
    // Each stage has its own; who plans on this chain again with one for all finds one that fits.
    weightScaleBits: weightBits.length > 0 ? Math.min(...weightBits) : undefined,
  });
  return {
    parameters,
    stages: scales.map(({ level, weights }, i) => ({
      level,
      weightScaleBits: weights,
      rescalesBefore: 0,
      rescales: stagePrimes[i].length,
    })),
    bits: scales,
    errors,
  };
}
