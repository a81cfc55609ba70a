import type { Ciphertext, LevelAndScale } from "../crypto/ciphertext.js";
import type { CkksParameters } from "../crypto/parameters.js";
import { PublicContext } from "../crypto/public-context.js";
import { SecretContext } from "../crypto/secret-context.js";
import type { SealEvaluator } from "../crypto/seal-evaluator.js";
import type { PrimitiveCosts } from "../planner/costs.js";

/** V8 compiles WASM anew, and better, once it has run for a while. */
const warmUpMilliseconds = 150;
const repetitions = 11;

/**
 * Measures what each operation takes on this machine under these parameters, at every level: the median of eleven.
 *
 * @example const { rotate } = await measureCosts(parameters); // rotate[2]: with three data primes
 */
export async function measureCosts(parameters: CkksParameters): Promise<PrimitiveCosts> {
  const { levels, polyModulusDegree } = parameters;
  const client = await SecretContext.create(parameters);
  const keys = client.exportEvaluationKeys([{ step: 1, level: levels }]);
  const { evaluator } = await PublicContext.load(parameters, keys);
  const start = performance.now();
  while (performance.now() - start < warmUpMilliseconds) measureLevel(evaluator, levels, 1);
  const byLevel = Array.from({ length: levels }, (_, i) => measureLevel(evaluator, i + 1, repetitions));
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

type LevelCosts = Record<Exclude<keyof PrimitiveCosts, "polyModulusDegree">, number>;

function measureLevel(he: SealEvaluator, level: number, times: number): LevelCosts {
  // A scale so small that its square fits into the smallest chain.
  const at: LevelAndScale = { level, scale: 2 ** 4 };
  const weights = Float64Array.from({ length: he.parameters.slots }, (_, i) => 1 + (i % 7));
  using a = he.encryptZero(at);
  using b = he.encryptZero(at);
  using plain = he.encode(weights, at);
  using sum = he.multiplyPlain(a, plain);
  using squared = he.square(a);
  return {
    rotate: median(times, () => he.rotate(a, 1)),
    relinearize: median(times, () => he.relinearize(squared)) - copyCost(he, squared, times),
    square: median(times, () => he.square(a)) - copyCost(he, a, times),
    multiplyPlain: median(times, () => void he.multiplyPlainAddInplace(sum, a, plain)),
    add: median(times, () => void he.addInplace(a, b)),
    rescale: level === 1 ? 0 : median(times, () => he.rescaleToNext(a)) - copyCost(he, a, times),
  };
}

const copyCost = (he: SealEvaluator, ciphertext: Ciphertext, times: number) =>
  median(times, () => he.copy(ciphertext));

function median(times: number, work: () => Ciphertext | undefined): number {
  const milliseconds = Array.from({ length: times }, () => {
    const start = performance.now();
    const made = work();
    const taken = performance.now() - start;
    made?.[Symbol.dispose]();
    return taken;
  });
  return milliseconds.sort((x, y) => x - y)[Math.floor(times / 2)];
}
