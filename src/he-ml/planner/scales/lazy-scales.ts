import { mostPrimeBits, checkParameters, maxCoeffModulusBits } from "../../crypto/parameters.js";
import { largestActivated } from "../stages/activation.js";
import type { ErrorBudget } from "../errors/error-budget.js";
import {
  activatedBits,
  bitsNeeded,
  leastScaleBits,
  leastWeightBits,
  magnitudeBits,
  mostScaleBits,
  predictErrors,
  type ScalePlan,
  type ScaleStage,
  type StageBits,
} from "./stage-scales.js";
import { chooseWaterline } from "./waterline-scales.js";

interface Bits {
  input: number;
  /** Of the weights of each stage with products. */
  readonly weights: number[];
  /** Of the scale that each rescaled stage leaves. */
  readonly rescaled: number[];
}

/** There are primes for every degree from so many bits on. */
const leastPrimeBits = 24;

/**
 * Chooses chain and scales. Nothing is rescaled before an activation: the input's scale, the weights' and the square all
 * add up, and one division takes them down again, so that a stage costs one prime at most. Bits are given one by one to
 * the scale that lowers the error at the last output most for what it costs, for as long as the chain may grow.
 *
 * @param wantedError standard deviation of the error that is asked for, in the unit of the last output
 * @returns undefined where no chain of this degree carries the stages as precisely
 * @see Dathathri et al., "EVA: An Encrypted Vector Arithmetic Language and Compiler", PLDI 2020,
 *   https://arxiv.org/abs/1912.11951, for rescaling as late as possible
 */
export function chooseScales(
  polyModulusDegree: number,
  stages: readonly ScaleStage[],
  budget: ErrorBudget,
  wantedError: number,
): ScalePlan | undefined {
  if (stages.some(({ activation }) => activation?.kind === "polynomial")) {
    return chooseWaterline(polyModulusDegree, stages, budget, wantedError);
  }
  for (const primesPerRescale of [1, 2]) {
    const chain = new ChainSearch(polyModulusDegree, stages, budget, primesPerRescale).run();
    if (chain && chain.errors.at(-1)! <= wantedError) return chain;
  }
  return undefined;
}

/**
 * The first stage that no chain of this degree reaches, whatever its scales: every activation before it takes a prime,
 * beside the base prime and the special one. Known without layouts, so that a network far too deep is refused at once.
 */
export function firstOutOfReach<S extends Pick<ScaleStage, "activation">>(
  polyModulusDegree: number,
  stages: readonly S[],
): S | undefined {
  const primes = Math.floor(maxCoeffModulusBits[polyModulusDegree] / leastPrimeBits) - 2;
  let activations = 0;
  return stages.find(({ activation }) => (activation ? activations++ : activations) > primes);
}

/** Whether a chain of this degree carries the stages at all, however roughly. */
export function chainCarries(
  polyModulusDegree: number,
  stages: readonly ScaleStage[],
  budget: ErrorBudget,
): boolean {
  if (stages.some(({ activation }) => activation?.kind === "polynomial")) {
    return chooseWaterline(polyModulusDegree, stages, budget, Infinity) !== undefined;
  }
  return [1, 2].some((primes) => new ChainSearch(polyModulusDegree, stages, budget, primes).start());
}

class ChainSearch {
  readonly #most: number;

  constructor(
    private readonly degree: number,
    private readonly stages: readonly ScaleStage[],
    private readonly budget: ErrorBudget,
    private readonly primesPerRescale: number,
  ) {
    this.#most = maxCoeffModulusBits[degree];
  }

  run(): ScalePlan | undefined {
    const start = this.start();
    if (!start) return undefined;
    let best: Evaluated | undefined = start.evaluated;
    while (best) best = this.#improve(start.bits, best);
    return this.#plan(start.bits);
  }

  /** The least scales that a chain carries, if there are any. */
  start(): { readonly bits: Bits; readonly evaluated: Evaluated } | undefined {
    const bits: Bits = {
      input: leastScaleBits,
      weights: this.stages.map(({ products }) => (products ? leastWeightBits : 0)),
      rescaled: this.stages.map(() => leastScaleBits),
    };
    let evaluated = this.#evaluate(bits);
    // Even the least scales may leave too little to divide by; more of them, and then there is.
    for (let tries = 0; !evaluated && tries < 16; tries++) {
      bits.input++;
      bits.weights.forEach((_, i) => this.stages[i].products && bits.weights[i]++);
      bits.rescaled.forEach((_, i) => bits.rescaled[i]++);
      evaluated = this.#evaluate(bits);
    }
    return evaluated && { bits, evaluated };
  }

  #improve(bits: Bits, now: Evaluated): Evaluated | undefined {
    const single = [...this.#changes(bits)];
    // Some pay off together only: larger weights need larger primes, whose key switches want a larger scale.
    const pairs = () =>
      single.flatMap((a, i) =>
        single.slice(i + 1).map((b): Change => (by) => {
          a(by);
          b(by);
        }),
      );
    return this.#applyBest(single, bits, now) ?? this.#applyBest(pairs(), bits, now);
  }

  #applyBest(changes: readonly Change[], bits: Bits, now: Evaluated): Evaluated | undefined {
    let best: { gain: number; change: Change; evaluated: Evaluated } | undefined;
    for (const change of changes) {
      change(1);
      const evaluated = this.#evaluate(bits);
      change(-1);
      if (!evaluated) continue;
      const gain = Math.log(now.error / evaluated.error) / Math.max(0.5, evaluated.total - now.total);
      if (gain > 1e-4 && (!best || gain > best.gain)) best = { gain, change, evaluated };
    }
    best?.change(1);
    return best?.evaluated;
  }

  *#changes(bits: Bits): Generator<Change> {
    yield (by) => (bits.input += by);
    for (const [i, stage] of this.stages.entries()) {
      if (stage.products) yield (by) => (bits.weights[i] += by);
      if (this.#rescaled(i)) yield (by) => (bits.rescaled[i] += by);
    }
  }

  #rescaled(stage: number): boolean {
    return this.stages[stage].activation !== undefined && stage < this.stages.length - 1;
  }

  #evaluate(bits: Bits): Evaluated | undefined {
    const chain = this.#chain(bits);
    if (!chain) return undefined;
    const { scales, dataBits, specialBits } = chain;
    return {
      error: predictErrors(this.degree, this.budget, scales, dataBits, specialBits).at(-1)!,
      total: dataBits.reduce((sum, size) => sum + size, specialBits),
    };
  }

  /** Primes that the scales ask for, or undefined where they may not be. */
  #chain(bits: Bits): Chain | undefined {
    if (Math.max(bits.input, ...bits.weights) > mostScaleBits) return undefined;
    const scales: StageBits[] = [];
    const groups: number[][] = [];
    let scale = bits.input;
    for (const [i, { activation, divisor }] of this.stages.entries()) {
      const before = scale;
      const product = before + bits.weights[i] + Math.log2(divisor);
      const activated = activatedBits(activation, product);
      scale = this.#rescaled(i) ? bits.rescaled[i] : activated;
      const drop = activated - scale;
      const group = this.#rescaled(i) ? split(drop, this.primesPerRescale) : [];
      if (!group) return undefined;
      groups.push(group);
      scales.push({ before, weights: bits.weights[i], product, activated, after: scale, level: 0 });
    }
    const last = this.stages.at(-1)!;
    const baseBits = Math.max(leastPrimeBits, Math.ceil(this.#bitsBehindRescales(scales) + 2));
    const base = split(baseBits, Math.ceil(baseBits / mostPrimeBits));
    if (!base || (base.length > this.primesPerRescale && !last.activation)) return undefined;
    const dataBits = [...base, ...groups.reverse().flat()];
    groups.reverse();
    let level = dataBits.length;
    const sumTo = (count: number) => dataBits.slice(0, count).reduce((sum, size) => sum + size, 0);
    for (const [i, stage] of this.stages.entries()) {
      scales[i].level = level;
      const { start, end } = bitsNeeded(stage, scales[i]);
      if (start > sumTo(level)) return undefined;
      level -= groups[i].length;
      if (end > sumTo(level)) return undefined;
    }
    const data = sumTo(dataBits.length);
    const largestPrime = Math.max(...dataBits);
    const specialBits = Math.min(mostPrimeBits, this.#most - data);
    if (specialBits < largestPrime) return undefined;
    return { scales, dataBits, specialBits, groups };
  }

  /** What scales and values take where nothing is left to divide by. */
  #bitsBehindRescales(scales: readonly StageBits[]): number {
    const first = this.stages.findLastIndex((_, i) => this.#rescaled(i));
    return this.stages.reduce((most, { activation, largest }, i) => {
      if (i < first) return most;
      const { product, after } = scales[i];
      const before = i === first ? 0 : product + magnitudeBits(largest);
      return Math.max(most, before, after + magnitudeBits(largestActivated(activation, largest)));
    }, 0);
  }

  #plan(bits: Bits): ScalePlan {
    const { scales, dataBits, specialBits, groups } = this.#chain(bits)!;
    const weightBits = bits.weights.filter((_, i) => this.stages[i].products);
    const parameters = checkParameters({
      polyModulusDegree: this.degree,
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
        rescales: groups[i].length,
      })),
      errors: predictErrors(this.degree, this.budget, scales, dataBits, specialBits),
    };
  }
}

/** Gives a scale so many bits more. */
type Change = (by: number) => void;

interface Evaluated {
  readonly error: number;
  readonly total: number;
}

interface Chain {
  readonly scales: readonly StageBits[];
  readonly dataBits: readonly number[];
  readonly specialBits: number;
  /** Sizes of the primes that each stage divides by. */
  readonly groups: readonly (readonly number[])[];
}

/** Bits as so many primes of even size. */
function split(bits: number, count: number): number[] | undefined {
  const whole = Math.round(bits);
  if (whole < leastPrimeBits * count || whole > mostPrimeBits * count) return undefined;
  return Array.from({ length: count }, (_, i) => Math.floor((whole + i) / count));
}
