import { kernelPrimes, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { formatChain, mostPrimeBits } from "../crypto/parameters.js";
import type { SecureRing } from "../crypto/security-tables.js";
import { InputError } from "../errors.js";
import type { Step } from "../long-work.js";
import type { ErrorBudget } from "./errors/error-budget.js";
import type { Measured } from "./errors/measure.js";
import { chance, tryScales, withLarger, type Trial } from "./errors/simulate.js";
import { transformCosts } from "./matvec/linear-transform.js";
import type { TransformPlan } from "./search/search.js";
import { costsOnChain, transformMilliseconds, type PlanningCosts } from "./search/costs.js";
import { chainCarries, chooseScales } from "./scales/lazy-scales.js";
import type { MostPrimeBits } from "./scales/scale-chain.js";
import type { ScalePlan, ScaleStage } from "./scales/stage-scales.js";
import { activationDepth } from "./stages/activation.js";

/** What is asked of scales. */
export interface WantedScales {
  /** Largest error at the output, relative to the largest output; 0.01 if left out. */
  readonly relativeError?: number;
  readonly evaluator: EvaluatorKind;
  readonly costs: PlanningCosts;
}

export const defaultRelativeError = 0.01;
/**
 * The largest error is taken to be so many standard deviations. Of normal errors, 1,000 outputs would have one that is larger
 * than 4 in about one set in sixteen: 1 − (1 − erfc(4/√2))¹⁰⁰⁰ = 6 % (https://dlmf.nist.gov/7.2). Two things come on top, both
 * measured on the first 100 test images of MNIST. Errors grow with the values of an image, so that they are not equally
 * large in all of them: the largest that was seen in `mnist-small` was 6.0 standard deviations. And the largest
 * output that a model knows, of its whole training set, is larger than that of so few images: 8.71 and 6.48.
 */
export const deviationsInLargest = 6.5;
/**
 * How large an error inside of a network may be beside the largest value there. The first is tried first: many networks take
 * whatever errors their first stages have down again. Where that holds in first order only, so that a trial shows larger
 * errors than were predicted, errors are kept small everywhere.
 */
const innerShares = [Infinity, 1 / 8, 1 / 64];
/**
 * An error so many times as large as may be, on a single random image: no further ones bring the mean down to what may be. Deep
 * networks have dozens of chains that this sorts out.
 */
const hopeless = 4;
/**
 * Most bits of primes, each tried. With small primes the kernel evaluator is fast, with large ones more precise: a large
 * special prime takes the noise of key switches down to that of rounding, a large data prime leaves room for scales where
 * the network needs it most. Beside a large data prime the special one is large, too.
 */
function mostBitsTried(evaluator: EvaluatorKind, stages: number): MostPrimeBits[] {
  const all = (bits: number) => new Array<number>(stages).fill(bits);
  const upTo = (bits: number, special = bits) => ({ base: bits, stages: all(bits), special });
  if (evaluator === "seal") return [upTo(mostPrimeBits)];
  const [small, middle, large] = kernelPrimes.map(({ mostBits }) => mostBits);
  const smallBelowLarge = upTo(small, large);
  const oneLarge = Array.from({ length: stages }, (_, stage) => ({
    ...smallBelowLarge,
    stages: all(small).with(stage, large),
  }));
  return [
    upTo(small),
    upTo(small, middle),
    smallBelowLarge,
    upTo(middle),
    upTo(middle, large),
    { ...smallBelowLarge, base: large },
    ...oneLarge,
    upTo(large),
  ];
}

/**
 * The scales that are as precise as asked for, as is predicted and as a trial with noise shows; of chains with small and
 * with large primes those that take less time.
 */
export function* believedScales(
  ring: SecureRing,
  measured: Measured,
  transforms: TransformPlan["transforms"],
  { relativeError = defaultRelativeError, evaluator, costs }: WantedScales,
): Generator<Step, { readonly scales?: ScalePlan; readonly problem?: string }> {
  const { budget, scaleStages, largestOutputs } = measured;
  let problem: string | undefined;
  for (const share of innerShares) {
    const wanted = largestOutputs.map((largest, stage) =>
      stage < largestOutputs.length - 1 ? share * largest : (relativeError * largest) / deviationsInLargest,
    );
    const choices: { readonly scales: ScalePlan; readonly cost: number }[] = [];
    for (const most of mostBitsTried(evaluator, scaleStages.length)) {
      const scales = chooseScales(ring, scaleStages, budget, wanted, most);
      yield planned(measured);
      if (scales)
        choices.push({ scales, cost: millisecondsOn(scales, scaleStages, transforms, evaluator, costs) });
    }
    if (choices.length === 0) break;
    const most = (chance * relativeError) / deviationsInLargest;
    for (const { scales } of choices.sort((a, b) => a.cost - b.cost)) {
      const [random] = measured.others;
      const glance = tryScales(measured, scales, [random], 1);
      const isHopeless = shareOf(glance, measured) > hopeless * most;
      const trial = isHopeless ? glance : tryScales(measured, scales, measured.samples);
      yield planned(measured);
      // Where nothing but zeros is computed, there is room for errors up to 1: see magnitudeBits.
      const fits = trial.largestComputed.every(
        (largestSeen, stage) =>
          largestSeen <= (budget.largestSlot[stage] > 0 ? scaleStages[stage].largest : 1),
      );
      // Random images are tried only where the samples do not say no.
      const isBelieved = !isHopeless && fits && shareOf(trial, measured) <= most;
      if (isBelieved && shareShown(measured, scales, trial) <= most) {
        return { scales: withLarger(scales, trial) };
      }
      const first = scales.errors.findIndex((error, stage) => trial.errors[stage] > chance * error);
      problem = `a trial with noise shows larger errors than asked for, from stage "${scaleStages[Math.max(0, first)].name}" on`;
    }
  }
  return { problem: problem ?? whatFails(ring, scaleStages, budget) };
}

/**
 * The standard deviation of the error at the output, relative to the largest output: the larger of what samples and random
 * images show.
 */
function shareShown(measured: Measured, scales: ScalePlan, trial: Trial): number {
  const ofOthers = tryScales(measured, scales, measured.others, 1);
  return Math.max(shareOf(trial, measured), shareOf(ofOthers, measured));
}

const shareOf = ({ errors, largestOutput }: Trial, { largestOutputs }: Measured) =>
  errors.at(-1)! / Math.max(largestOutputs.at(-1)!, largestOutput);

/**
 * Scales on a chain that is given, which a trial shows to be as precise as was asked for.
 *
 * @param relativeError that was asked for; nothing is refused if left out
 * @throws InputError if the trial shows larger errors
 */
export function heldScales(measured: Measured, scales: ScalePlan, relativeError?: number): ScalePlan {
  const trial = tryScales(measured, scales, measured.samples);
  if (relativeError === undefined) return withLarger(scales, trial);
  const shown = deviationsInLargest * shareShown(measured, scales, trial);
  if (shown <= chance * relativeError) return withLarger(scales, trial);
  throw new InputError(
    `plan: expected a relativeError of ${relativeError} at the end of stage "${measured.scaleStages.at(-1)!.name}", got ` +
      `${shown.toPrecision(2)} in a trial with noise on what is left of ${formatChain(scales.parameters)}; ask for less ` +
      `precision, or plan what comes before for a smaller relativeError or a longer chain`,
  );
}

/** Which stage a degree's modulus cannot carry, or that all of them fit and are not precise enough. */
function whatFails(ring: SecureRing, stages: readonly ScaleStage[], budget: ErrorBudget): string {
  const first = stages.findIndex((_, i) => {
    const sources = budget.sources.filter(({ stage }) => stage <= i);
    const before = sources.map((source) => ({ ...source, gain: source.gain.slice(0, i + 1) }));
    return !chainCarries(ring, stages.slice(0, i + 1), { ...budget, sources: before });
  });
  return first < 0
    ? `the stages fit, but not as precisely as asked for`
    : `the modulus ends before stage "${stages[first].name}"`;
}

/** All stages have their layouts; scales are left. */
const planned = ({ scaleStages }: Measured): Step => ({
  done: scaleStages.length,
  total: scaleStages.length,
});

/** Predicted milliseconds of all stages under some scales. */
function millisecondsOn(
  { parameters, stages: scales }: ScalePlan,
  stages: readonly ScaleStage[],
  transforms: TransformPlan["transforms"],
  evaluator: EvaluatorKind,
  costsFor: PlanningCosts,
): number {
  const { polyModulusDegree, coeffModulusBits, levels } = parameters;
  const costs = costsOnChain(costsFor(polyModulusDegree, levels, evaluator), coeffModulusBits, evaluator);
  return scales.reduce((sum, { level, rescalesBefore, rescales }, i) => {
    const transform = transforms[i];
    const linear = transform ? transformMilliseconds(costs, level, transformCosts(transform)) : 0;
    // A polynomial's products are counted at its highest level, each.
    const products = activationDepth(stages[i].activation);
    const ofEach =
      products * (costs.square[level - 1] + costs.relinearize[level - 1]) +
      (rescalesBefore + rescales) * costs.rescale[level - 1];
    return sum + linear + (transform?.outputs ?? 1) * ofEach;
  }, 0);
}
