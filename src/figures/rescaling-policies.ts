import type { Ciphertext, LevelAndScale } from "../he-ml/crypto/ciphertext.js";
import type { Evaluator } from "../he-ml/crypto/evaluator.js";
import { operationsBetween } from "../he-ml/crypto/operation-counts.js";
import { checkParameters, type CkksParameters, type ParametersSpec } from "../he-ml/crypto/parameters.js";
import { PublicContext } from "../he-ml/crypto/public-context.js";
import { SecretContext } from "../he-ml/crypto/secret-context.js";
import { tensor } from "../he-ml/tensor/tensor.js";

/** When a dense layer and the square behind it are rescaled. */
export type RescalingPolicy = keyof typeof policies;

interface Policy {
  readonly name: string;
  /** Scales and primes, for any N. */
  readonly chain: Omit<ParametersSpec, "polyModulusDegree">;
  sum(he: Evaluator, inputs: readonly Ciphertext[], weights: readonly number[]): Ciphertext;
}

/** Products at scale 2^60 go down to 2^30 by the prime of 30 bits, and so do squares: a level for each. */
const oneLevelAProduct = { coeffModulusBits: [50, 30, 30, 50], scaleBits: 30, weightScaleBits: 30 };
/** Products at scale 2^45 are squared as they are, to 2^90, and go down to 2^40: a level for both. */
const oneLevelAStage = { coeffModulusBits: [50, 50, 50], scaleBits: 25, weightScaleBits: 20 };

export const policies = {
  eager: {
    name: "eager: each product",
    chain: oneLevelAProduct,
    sum(he, inputs, weights) {
      let sum: Ciphertext | undefined;
      for (const [i, input] of inputs.entries()) {
        using weight = he.encodeScalar(weights[i], weightAt(he.parameters, input));
        const product = he.multiplyPlain(input, weight);
        he.rescaleToNextInplace(product);
        if (sum === undefined) {
          sum = product;
        } else {
          using added = product;
          he.addInplace(sum, added);
        }
      }
      return sum!;
    },
  },
  lazy: {
    name: "lazy: each sum",
    chain: oneLevelAProduct,
    sum(he, inputs, weights) {
      const sum = sumOfProducts(he, inputs, weights);
      he.rescaleToNextInplace(sum);
      return sum;
    },
  },
  waterline: {
    name: "waterline: behind the square",
    chain: oneLevelAStage,
    sum: sumOfProducts,
  },
} as const satisfies Record<string, Policy>;

const weightAt = ({ weightScaleBits }: CkksParameters, { level }: LevelAndScale): LevelAndScale => ({
  level,
  scale: 2 ** weightScaleBits,
});

function sumOfProducts(he: Evaluator, inputs: readonly Ciphertext[], weights: readonly number[]): Ciphertext {
  using first = he.encodeScalar(weights[0], weightAt(he.parameters, inputs[0]));
  const sum = he.multiplyPlain(inputs[0], first);
  for (let i = 1; i < inputs.length; i++) {
    using weight = he.encodeScalar(weights[i], weightAt(he.parameters, inputs[i]));
    he.multiplyPlainAddInplace(sum, inputs[i], weight);
  }
  return sum;
}

/** A dense layer and a square. */
export type DenseSquare = {
  readonly inputs: number;
  readonly outputs: number;
  readonly polyModulusDegree: number;
};

export interface RescalingRun {
  /** The least of several runs. */
  readonly milliseconds: number;
  readonly rmsError: number;
  /** Of one run. */
  readonly rescales: number;
}

export const chainOf = (policy: RescalingPolicy, { polyModulusDegree }: DenseSquare): CkksParameters =>
  checkParameters({ ...policies[policy].chain, polyModulusDegree });

/**
 * Computes (W·x)² for as many images as there are slots, one value of each image in a ciphertext, on one thread.
 *
 * @param random draws images and weights, uniform in ±1 and in ±√(3 / inputs), so that sums have a variance of 1/3
 */
export async function runPolicy(
  policy: RescalingPolicy,
  layer: DenseSquare,
  random: () => number,
  timedRuns: number,
): Promise<RescalingRun> {
  const parameters = chainOf(policy, layer);
  const client = await SecretContext.create(parameters);
  using server = await PublicContext.load(parameters, client.exportEvaluationKeys(), { evaluator: "kernel" });
  const he = server.evaluator;
  const { slots } = parameters;
  const uniform = (count: number, largest: number) =>
    Float64Array.from({ length: count }, () => largest * (2 * random() - 1));
  const images = uniform(slots * layer.inputs, 1);
  const weights = Array.from({ length: layer.outputs }, () => [
    ...uniform(layer.inputs, Math.sqrt(3 / layer.inputs)),
  ]);
  const encrypted = client.encrypt(tensor([slots, layer.inputs], images), { packing: "batch" });
  const inputs = encrypted.ciphertexts.map((bytes) => he.load(bytes));
  let milliseconds = Infinity;
  let sumOfSquares = 0;
  const before = he.operations;
  for (let time = 0; time < timedRuns; time++) {
    const start = performance.now();
    const outputs = weights.map((row) => squared(he, policies[policy].sum(he, inputs, row)));
    milliseconds = Math.min(milliseconds, performance.now() - start);
    if (time === 0) {
      const { data } = client.decrypt({
        ciphertexts: outputs.map((output) => he.save(output)),
        ...{ packing: "batch", shape: [layer.outputs], images: slots },
      });
      data.forEach((value, i) => {
        const [image, output] = [Math.floor(i / layer.outputs), i % layer.outputs];
        const expected = weights[output].reduce(
          (sum, weight, k) => sum + weight * images[image * layer.inputs + k],
          0,
        );
        sumOfSquares += (value - expected ** 2) ** 2;
      });
    }
    for (const output of outputs) output[Symbol.dispose]();
  }
  for (const input of inputs) input[Symbol.dispose]();
  const { rescale } = operationsBetween(before, he.operations);
  return {
    milliseconds,
    rmsError: Math.sqrt(sumOfSquares / (slots * layer.outputs)),
    rescales: rescale / timedRuns,
  };
}

function squared(he: Evaluator, sum: Ciphertext): Ciphertext {
  he.squareInplace(sum);
  he.relinearizeInplace(sum);
  he.rescaleToNextInplace(sum);
  return sum;
}
