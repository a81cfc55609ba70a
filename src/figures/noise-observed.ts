import type { Ciphertext } from "../he-ml/crypto/ciphertext.js";
import type { Evaluator } from "../he-ml/crypto/evaluator.js";
import type { CkksParameters } from "../he-ml/crypto/parameters.js";
import { PublicContext } from "../he-ml/crypto/public-context.js";
import { SecretContext } from "../he-ml/crypto/secret-context.js";
import { tensor } from "../he-ml/tensor/tensor.js";
import { parametersOf, primeAt, type NoiseCase, type NoiseOperation } from "./noise-circuits.js";

/** One client's key, a server's evaluator, and how far what is computed is from what it should be. */
class Bench implements Disposable {
  private constructor(
    readonly parameters: CkksParameters,
    private readonly client: SecretContext,
    private readonly server: PublicContext,
  ) {}

  static async open(given: NoiseCase): Promise<Bench> {
    const parameters = parametersOf(given);
    const client = await SecretContext.create(parameters);
    const keys = client.exportEvaluationKeys([{ step: 1, level: parameters.levels }]);
    const server = await PublicContext.load(parameters, keys, { evaluator: given.evaluator });
    return new Bench(parameters, client, server);
  }

  get evaluator(): Evaluator {
    return this.server.evaluator;
  }

  encrypt(values: Float64Array): Ciphertext {
    const [bytes] = this.client.encrypt(tensor([values.length, 1], values), { packing: "batch" }).ciphertexts;
    return this.evaluator.load(bytes);
  }

  /** The mean square of the error in the slots but slot 0, times the scale's square. */
  meanSquare(x: Ciphertext, expected: Float64Array): number {
    const ciphertexts = [this.evaluator.save(x)];
    const images = expected.length;
    const { data } = this.client.decrypt({ ciphertexts, packing: "batch", shape: [1], images });
    const squares = data.map((value, k) => ((value - expected[k]) * x.scale) ** 2).subarray(1);
    return squares.reduce((sum, square) => sum + square, 0) / squares.length;
  }

  [Symbol.dispose](): void {
    this.server[Symbol.dispose]();
  }
}

/**
 * What each operation's noise comes to under one fresh key: log2 of the standard deviation of the error in a slot's real part, times
 * the scale, over all trials and all slots but slot 0, where most of the noise of SEAL's key switches sits and differs from key to key.
 */
export async function observeOperations(
  given: NoiseCase,
  { trials, random, signal }: Observation,
): Promise<Record<NoiseOperation, number>> {
  using bench = await Bench.open(given);
  const { evaluator: he, parameters } = bench;
  const { levels, slots } = parameters;
  const uniform = () => Float64Array.from({ length: slots }, () => 2 * random() - 1);
  const sums = { fresh: 0, add: 0, multiplyPlain: 0, multiply: 0, rescale: 0, rotate: 0 };
  for (let trial = 0; trial < trials; trial++) {
    await breathe(signal);
    const [a, b] = [uniform(), uniform()];
    const products = a.map((value, k) => value * b[k]);
    using x = bench.encrypt(a);
    using y = bench.encrypt(b);
    using plain = he.encode(b, { level: levels, scale: primeAt(parameters, levels) });
    using sum = he.add(x, y);
    using scaled = he.multiplyPlain(x, plain);
    using product = he.multiply(x, y);
    he.relinearizeInplace(product);
    using rescaled = he.rescaleToNext(scaled);
    using rotated = he.rotate(x, 1);
    sums.fresh += bench.meanSquare(x, a);
    sums.add += bench.meanSquare(
      sum,
      a.map((value, k) => value + b[k]),
    );
    sums.multiplyPlain += bench.meanSquare(scaled, products);
    sums.multiply += bench.meanSquare(product, products);
    sums.rescale += bench.meanSquare(rescaled, products);
    sums.rotate += bench.meanSquare(
      rotated,
      a.map((_, k) => a[(k + 1) % slots]),
    );
  }
  const bits = Object.entries(sums).map(
    ([name, total]) => [name, Math.log2(Math.sqrt(total / trials))] as const,
  );
  return Object.fromEntries(bits) as Record<NoiseOperation, number>;
}

/** The same after 0, 1, … squares of values of ±1, by their number. */
export async function observeDepth(
  given: NoiseCase,
  { trials, random, signal }: Observation,
): Promise<Record<string, number>> {
  using bench = await Bench.open(given);
  const { evaluator: he, parameters } = bench;
  const sums = new Array<number>(parameters.levels).fill(0);
  for (let trial = 0; trial < trials; trial++) {
    await breathe(signal);
    const values = Float64Array.from({ length: parameters.slots }, () => (random() < 0.5 ? -1 : 1));
    using x = bench.encrypt(values);
    sums[0] += bench.meanSquare(x, values);
    const ones = values.map(() => 1);
    for (let depth = 1; depth < parameters.levels; depth++) {
      he.squareInplace(x);
      he.relinearizeInplace(x);
      he.rescaleToNextInplace(x);
      sums[depth] += bench.meanSquare(x, ones);
    }
  }
  return Object.fromEntries(sums.map((total, depth) => [depth, Math.log2(Math.sqrt(total / trials))]));
}

/** How it is observed. */
export interface Observation {
  readonly trials: number;
  /** Draws the values; keys and noise are the library's own. */
  readonly random: () => number;
  readonly signal?: AbortSignal;
}

/** Lets others run, and stops where that is asked for. */
async function breathe(signal?: AbortSignal): Promise<void> {
  await new Promise((done) => setImmediate(done));
  signal?.throwIfAborted();
}
