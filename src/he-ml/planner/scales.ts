import type { LevelAndScale } from "../crypto/ciphertext.js";
import { noiseModel } from "../crypto/noise.js";
import {
  checkParameters,
  formatChain,
  lastPrime,
  maxCoeffModulusBits,
  modulusBits,
  type CkksParameters,
} from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import { PolynomialPlanner } from "../layers/functional/polynomial-plan.js";
import { activationDepth, largestActivated, type Activation } from "./activation.js";
import type { ErrorBudget, ErrorKind } from "./error-budget.js";

/** A stage as far as scales go. */
export interface ScaleStage {
  readonly name: string;
  /** Whether it multiplies by weights. */
  readonly products: boolean;
  /** What its sums are declared to be divided by, 1 for nothing. */
  readonly divisor: number;
  readonly activation?: Activation;
  /** Largest magnitude before the activation in any slot, with room for images not seen. */
  readonly largest: number;
}

/** What a stage does with scales and primes. */
export interface StageScales {
  /** Data primes left where it starts. */
  readonly level: number;
  readonly weightScaleBits: number;
  /** Divisions by a prime between products and activation: none in a chain that was chosen for squares. */
  readonly rescalesBefore: number;
  /** Divisions by a prime at its end. */
  readonly rescales: number;
}

export interface ScalePlan {
  readonly parameters: CkksParameters;
  readonly stages: readonly StageScales[];
  /** Predicted standard deviation of the error at each stage's output, in the values' own unit. */
  readonly errors: readonly number[];
}

interface Bits {
  input: number;
  /** Of the weights of each stage with products. */
  readonly weights: number[];
  /** Of the scale that each rescaled stage leaves. */
  readonly rescaled: number[];
}

const mostPrimeBits = 60;
/** SEAL finds primes for every degree from so many bits on. */
const leastPrimeBits = 24;
const leastScaleBits = 14;
const leastWeightBits = 8;

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
    const bits: Bits = {
      input: leastScaleBits,
      weights: this.stages.map(({ products }) => (products ? leastWeightBits : 0)),
      rescaled: this.stages.map(() => leastScaleBits),
    };
    let best = this.#evaluate(bits);
    // Even the least scales may leave too little to divide by; more of them, and then there is.
    for (let tries = 0; !best && tries < 16; tries++) {
      bits.input++;
      bits.weights.forEach((_, i) => this.stages[i].products && bits.weights[i]++);
      bits.rescaled.forEach((_, i) => bits.rescaled[i]++);
      best = this.#evaluate(bits);
    }
    while (best) {
      const next = this.#improve(bits, best);
      if (!next) break;
      best = next;
    }
    return best && this.#plan(bits);
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
    for (const [i, { activation, largest }] of this.stages.entries()) {
      scales[i].level = level;
      const after = magnitudeBits(largestActivated(activation, largest));
      if (scales[i].product + magnitudeBits(largest) + 2 > sumTo(level)) return undefined;
      if (scales[i].activated + after + 2 > sumTo(level)) return undefined;
      level -= groups[i].length;
      if (scales[i].after + after + 2 > sumTo(level)) return undefined;
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

interface StageBits {
  /** log2 of the scale at the input, of the weights, after products, after the activation, and after rescaling. */
  readonly before: number;
  readonly weights: number;
  readonly product: number;
  readonly activated: number;
  readonly after: number;
  level: number;
}

interface Chain {
  readonly scales: readonly StageBits[];
  readonly dataBits: readonly number[];
  readonly specialBits: number;
  /** Sizes of the primes that each stage divides by. */
  readonly groups: readonly (readonly number[])[];
}

/** log2 of the scale behind an activation, before anything is rescaled. */
function activatedBits(activation: Activation | undefined, product: number): number {
  if (activation?.kind !== "square") return product;
  return 2 * product - Math.log2(Math.abs(activation.factor));
}

/** Bits that values up to `largest` need above the scale. */
const magnitudeBits = (largest: number) => Math.max(0, Math.log2(Math.max(largest, 2 ** -20)));

/** Bits as so many primes of even size. */
function split(bits: number, count: number): number[] | undefined {
  const whole = Math.round(bits);
  if (whole < leastPrimeBits * count || whole > mostPrimeBits * count) return undefined;
  return Array.from({ length: count }, (_, i) => Math.floor((whole + i) / count));
}

function predictErrors(
  polyModulusDegree: number,
  budget: ErrorBudget,
  scales: readonly StageBits[],
  dataBits: readonly number[],
  specialBits: number,
): number[] {
  const noise = unitNoise(polyModulusDegree, [...dataBits, specialBits]);
  const variances = scales.map(() => 0);
  for (const { kind, stage, gain } of budget.sources) {
    const { before, weights, product, activated, after, level } = scales[stage];
    const sizes: Readonly<Record<ErrorKind, number>> = {
      fresh: noise.fresh * 2 ** -before,
      encoding: noise.encoding * 2 ** -weights,
      inputRotation: noise.keySwitch(level) * 2 ** -before,
      sumRotation: noise.keySwitch(level) * 2 ** -product,
      relinearization: noise.keySwitch(level) * 2 ** -activated,
      rescaling: activated > after ? noise.rounding * 2 ** -after : 0,
    };
    gain.forEach((meanSquare, i) => (variances[i] += meanSquare * sizes[kind] ** 2));
  }
  return variances.map(Math.sqrt);
}

/** Noise in units of 1 / scale; the primes count by their sizes only. */
function unitNoise(polyModulusDegree: number, coeffModulusBits: readonly number[]) {
  const primes = coeffModulusBits.map((bits) => BigInt(Math.round(2 ** bits)));
  const { fresh, encoding, rounding, keySwitch } = noiseModel({ polyModulusDegree, coeffModulus: primes });
  return { fresh, encoding, rounding: rounding(2), keySwitch };
}

/** Sizes of scales and primes to try where a polynomial of higher degree rules the chain. */
const waterlineBits = [28, 32, 36, 40, 45, 50];

/**
 * A chain of equal primes, as many as it takes: polynomials of higher degree multiply ciphertexts by ciphertexts, which
 * want scales that stay the same from level to level.
 */
function chooseWaterline(
  polyModulusDegree: number,
  stages: readonly ScaleStage[],
  budget: ErrorBudget,
  wantedError: number,
): ScalePlan | undefined {
  const deepest = stages.reduce((sum, { activation }) => sum + 1 + activationDepth(activation), 0);
  for (const bits of waterlineBits) {
    for (let primes = stages.length; primes <= deepest; primes++) {
      const coeffModulusBits = [mostPrimeBits, ...new Array<number>(primes).fill(bits), mostPrimeBits];
      if (coeffModulusBits.reduce((sum, size) => sum + size) > maxCoeffModulusBits[polyModulusDegree]) break;
      try {
        const parameters = checkParameters({ polyModulusDegree, coeffModulusBits, scaleBits: bits });
        const plan = scalesOnChain(parameters, stages, budget);
        if (plan.errors.at(-1)! <= wantedError) return plan;
        break;
      } catch (error) {
        // Too short still, or there are too few primes of this size.
        if (!(error instanceof InputError)) throw error;
      }
    }
  }
  return undefined;
}

/**
 * Scales for a chain that is given: weights at its `weightScaleBits`, and before and after each activation as many
 * divisions as leave the scale at or above `scaleBits` (the waterline of layer-by-layer runs).
 *
 * @throws InputError naming the stage that the chain cannot carry
 */
export function scalesOnChain(
  parameters: CkksParameters,
  stages: readonly ScaleStage[],
  budget: ErrorBudget,
): ScalePlan {
  const { levels, scaleBits, weightScaleBits } = parameters;
  let state: LevelAndScale = { level: levels, scale: 2 ** scaleBits };
  const bits: StageBits[] = [];
  const planned = stages.map(({ name, products, divisor, activation, largest }, i): StageScales => {
    const start = state;
    const weights = products ? weightScaleBits : 0;
    const requireRoom = (value: number) => {
      const needed = Math.log2(state.scale) + magnitudeBits(value) + 1;
      if (needed < modulusBits(parameters, state.level)) return;
      throw new InputError(
        `plan: stage "${name}" needs ${Math.ceil(needed)} bits at level ${state.level}, ` +
          `${formatChain(parameters)} has ${modulusBits(parameters, state.level).toFixed(0)} left there; ` +
          `use a longer chain, smaller scales, or leave the parameters out to have them chosen`,
      );
    };
    state = { level: start.level, scale: start.scale * 2 ** weights * divisor };
    requireRoom(largest);
    const product = Math.log2(state.scale);
    if (activation) state = settled(parameters, state);
    const before = state;
    if (activation?.kind === "polynomial") {
      state = new PolynomialPlanner(parameters, activation.layer, before).plan().output;
    } else {
      state = { level: state.level, scale: 2 ** activatedBits(activation, Math.log2(before.scale)) };
    }
    requireRoom(largestActivated(activation, largest));
    const activated = Math.log2(state.scale);
    const computed = state.level;
    if (i < stages.length - 1) state = settled(parameters, state);
    requireRoom(largestActivated(activation, largest));
    bits.push({
      before: Math.log2(start.scale),
      weights,
      product,
      activated: activation?.kind === "polynomial" ? Math.log2(before.scale) : activated,
      after: Math.log2(state.scale),
      level: start.level,
    });
    return {
      level: start.level,
      weightScaleBits: weights,
      rescalesBefore: start.level - before.level,
      rescales: computed - state.level,
    };
  });
  const dataBits = parameters.coeffModulusBits.slice(0, -1);
  const special = parameters.coeffModulusBits.at(-1)!;
  return {
    parameters,
    stages: planned,
    errors: predictErrors(parameters.polyModulusDegree, budget, bits, dataBits, special),
  };
}

/** Divided by primes for as long as the scale stays at or above that of inputs. */
function settled(parameters: CkksParameters, { level, scale }: LevelAndScale): LevelAndScale {
  while (level > 1 && scale / lastPrime(parameters, level) >= 2 ** parameters.scaleBits * almostOne) {
    scale /= lastPrime(parameters, level--);
  }
  return { level, scale };
}

/** Primes are a little smaller or larger than their power of two. */
const almostOne = 1 - 2 ** -10;
