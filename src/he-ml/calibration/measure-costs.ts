import { requireArgument } from "../arguments.js";
import type { Ciphertext, LevelAndScale, Plaintext } from "../crypto/ciphertext.js";
import { evaluatorKinds, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { requireParameters, type CkksParameters } from "../crypto/parameters.js";
import { PublicContext } from "../crypto/public-context.js";
import { SecretContext } from "../crypto/secret-context.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { runToEnd } from "../long-work.js";
import { costsOf, typicalCosts, type CostlyOperation, type PrimitiveCosts } from "../planner/search/costs.js";
import { sharedParts } from "./shared-parts.js";

/** V8 compiles WASM anew, and better, once it has run for a while. */
const warmUpMilliseconds = 150;
const repetitions = 16;

/** Times single operations under one set of parameters, with keys of its own. */
export class CostMeter {
  private constructor(
    private readonly he: Evaluator,
    private readonly kind: EvaluatorKind,
  ) {}

  /** Makes keys and runs everything for a while. */
  static async open(parameters: CkksParameters, kind: EvaluatorKind = "seal"): Promise<CostMeter> {
    const client = await SecretContext.create(parameters);
    const keys = client.exportEvaluationKeys(
      measuredSteps.map((step) => ({ step, level: parameters.levels })),
    );
    const { evaluator } = await PublicContext.load(parameters, keys, { evaluator: kind });
    return CostMeter.of(evaluator, kind);
  }

  /**
   * @param evaluator with keys for rotations by 1, 2 and 3
   * @param kind whether its rotations share work
   */
  static of(evaluator: Evaluator, kind: EvaluatorKind): CostMeter {
    const meter = new CostMeter(evaluator, kind);
    const start = performance.now();
    while (performance.now() - start < warmUpMilliseconds) meter.#level(evaluator.parameters.levels, 1);
    return meter;
  }

  /** Milliseconds of each operation at every level: the lower quartile of sixteen. */
  costs(): PrimitiveCosts {
    const { levels, polyModulusDegree } = this.he.parameters;
    const byLevel = Array.from({ length: levels }, (_, i) => this.#level(i + 1, repetitions));
    return costsOf(polyModulusDegree, (operation) => byLevel.map((costs) => costs[operation]));
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
    // A ciphertext that changes has nothing left of its last rotation.
    const rotate = quartileOf(
      times,
      () => he.rotate(a, 1),
      () => he.addInplace(a, b),
    );
    const multiplyPlain = quartileOf(times, () => void he.multiplyPlainAddInplace(sum, a, plain));
    return {
      rotate,
      ...(this.kind === "kernel"
        ? this.#shared(rotate, multiplyPlain, { a, b, plain }, times)
        : nothingShared),
      relinearize: beyondCopy(squared, () => he.relinearize(squared)),
      square: beyondCopy(a, () => he.square(a)),
      multiplyPlain,
      add: quartileOf(times, () => void he.addInplace(a, b)),
      rescale: level === 1 ? 0 : beyondCopy(a, () => he.rescaleToNext(a)),
    };
  }

  #shared(rotate: number, multiplyPlain: number, { a, b, plain }: Operands, times: number) {
    const { he } = this;
    const changed = () => he.addInplace(a, b);
    const many = (steps: readonly number[]) => quartileOf(times, () => he.rotateMany(a, steps), changed);
    const terms = [{ input: 0, baby: 0, plaintext: plain }];
    const giants = (steps: readonly number[]) => {
      const giantSteps = steps.map((step) => ({ output: 0, step, terms }));
      return quartileOf(times, () => runToEnd(he.linearTransform(giantSteps, () => a)).values());
    };
    const eachFurther = (measure: (steps: readonly number[]) => number) =>
      (measure(measuredSteps) - measure(measuredSteps.slice(0, 1))) / (measuredSteps.length - 1);
    const { polyModulusDegree } = he.parameters;
    const typical = typicalCosts(polyModulusDegree, a.level, "kernel");
    return sharedParts(
      { rotate, further: eachFurther(many), furtherGiant: eachFurther(giants) - multiplyPlain },
      {
        rotate: typical.rotate.at(-1)!,
        decompose: typical.decompose.at(-1)!,
        modDown: typical.modDown.at(-1)!,
      },
    );
  }
}

/** Of the same ciphertext, and of giant steps of the same output. */
const measuredSteps = [1, 2, 3];

const nothingShared = { decompose: 0, modDown: 0 };

interface Operands {
  readonly a: Ciphertext;
  readonly b: Ciphertext;
  readonly plain: Plaintext;
}

/** So small that its square fits into the smallest chain. */
const scale = 2 ** 4;

type LevelCosts = Record<CostlyOperation, number>;

/**
 * Measures what each operation takes on this machine under these parameters, at every level.
 *
 * @param evaluator whose operations, with the parts that rotations share
 * @throws InputError unless these are parameters and an evaluator that can run here
 * @example const { rotate } = await measureCosts(parameters); // rotate[2]: with three data primes
 */
export async function measureCosts(
  parameters: CkksParameters,
  evaluator: EvaluatorKind = "seal",
): Promise<PrimitiveCosts> {
  requireParameters("measureCosts", parameters);
  const isKind = evaluatorKinds.includes(evaluator);
  requireArgument("measureCosts: evaluator", isKind, evaluatorKinds.join(" or "), evaluator);
  return (await CostMeter.open(parameters, evaluator)).costs();
}

/** @param before what precedes each time, and is not measured */
function quartileOf(
  times: number,
  work: () => Ciphertext | Iterable<Ciphertext> | undefined,
  before?: () => void,
): number {
  const milliseconds = Array.from({ length: times }, () => {
    before?.();
    const start = performance.now();
    const made = work();
    const taken = performance.now() - start;
    for (const ciphertext of made && Symbol.iterator in made ? made : [made]) ciphertext?.[Symbol.dispose]();
    return taken;
  });
  return milliseconds.sort((x, y) => x - y)[Math.floor(times / 4)];
}
