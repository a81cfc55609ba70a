import type { Ciphertext, LevelAndScale } from "../crypto/ciphertext.js";
import type { CkksParameters } from "../crypto/parameters.js";
import { PublicContext } from "../crypto/public-context.js";
import { SecretContext } from "../crypto/secret-context.js";
import type { Evaluator } from "../crypto/evaluator.js";
import type { PrimitiveCosts } from "../planner/search/costs.js";

/** V8 compiles WASM anew, and better, once it has run for a while. */
const warmUpMilliseconds = 150;
const repetitions = 16;

/** Times single operations under one set of parameters, with keys of its own. */
export class CostMeter {
  private constructor(private readonly he: Evaluator) {}

  /** Makes keys and runs everything for a while. */
  static async open(parameters: CkksParameters): Promise<CostMeter> {
    const client = await SecretContext.create(parameters);
    const keys = client.exportEvaluationKeys([{ step: 1, level: parameters.levels }]);
    const { evaluator } = await PublicContext.load(parameters, keys);
    const meter = new CostMeter(evaluator);
    const start = performance.now();
    while (performance.now() - start < warmUpMilliseconds) meter.#level(parameters.levels, 1);
    return meter;
  }

  /** Milliseconds of each operation at every level: the lower quartile of sixteen. */
  costs(): PrimitiveCosts {
    const { levels, polyModulusDegree } = this.he.parameters;
    const byLevel = Array.from({ length: levels }, (_, i) => this.#level(i + 1, repetitions));
    const cost = (operation: keyof LevelCosts) => byLevel.map((costs) => costs[operation]);
    return {
      polyModulusDegree,
      rotate: cost("rotate"),
      relinearize: cost("relinearize"),
      square: cost("square"),
      multiplyPlain: cost("multiplyPlain"),
      add: cost("add"),
      rescale: cost("rescale"),
    };
  }

  /** Milliseconds of one rotation at the top level, now. */
  rotateOnce(): number {
    using a = this.he.encryptZero({ level: this.he.parameters.levels, scale });
    return quartileOf(1, () => this.he.rotate(a, 1));
  }

  #level(level: number, times: number): LevelCosts {
    const { he } = this;
    const at: LevelAndScale = { level, scale };
    const weights = Float64Array.from({ length: he.parameters.slots }, (_, i) => 1 + (i % 7));
    using a = he.encryptZero(at);
    using b = he.encryptZero(at);
    using plain = he.encode(weights, at);
    using sum = he.multiplyPlain(a, plain);
    using squared = he.square(a);
    const beyondCopy = (of: Ciphertext, work: () => Ciphertext) =>
      Math.max(0, quartileOf(times, work) - quartileOf(times, () => he.copy(of)));
    return {
      rotate: quartileOf(times, () => he.rotate(a, 1)),
      relinearize: beyondCopy(squared, () => he.relinearize(squared)),
      square: beyondCopy(a, () => he.square(a)),
      multiplyPlain: quartileOf(times, () => void he.multiplyPlainAddInplace(sum, a, plain)),
      add: quartileOf(times, () => void he.addInplace(a, b)),
      rescale: level === 1 ? 0 : beyondCopy(a, () => he.rescaleToNext(a)),
    };
  }
}

/** So small that its square fits into the smallest chain. */
const scale = 2 ** 4;

type LevelCosts = Record<Exclude<keyof PrimitiveCosts, "polyModulusDegree">, number>;

/**
 * Measures what each operation takes on this machine under these parameters, at every level.
 *
 * @example const { rotate } = await measureCosts(parameters); // rotate[2]: with three data primes
 */
export async function measureCosts(parameters: CkksParameters): Promise<PrimitiveCosts> {
  return (await CostMeter.open(parameters)).costs();
}

function quartileOf(times: number, work: () => Ciphertext | undefined): number {
  const milliseconds = Array.from({ length: times }, () => {
    const start = performance.now();
    const made = work();
    const taken = performance.now() - start;
    made?.[Symbol.dispose]();
    return taken;
  });
  return milliseconds.sort((x, y) => x - y)[Math.floor(times / 4)];
}
