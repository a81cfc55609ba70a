import { finished, type Ciphertext, type LevelAndScale, type Plaintext } from "../crypto/ciphertext.js";
import type { Evaluator } from "../crypto/evaluator.js";
import type { PolynomialPlan } from "../layers/functional/polynomial-plan.js";
import { evaluatePolynomial } from "../layers/functional/polynomial.js";
import type { PlannedStage } from "../planner/plan.js";
import type { StageStates } from "../planner/scales/stage-state.js";

/** The end of a stage: bias, activation, and divisions by primes. */
export class StageActivation implements Disposable {
  readonly #polynomial?: PolynomialPlan;
  readonly #biases: (Plaintext | undefined)[];
  readonly #constants: (Plaintext | undefined)[];

  /**
   * @param encoder encodes biases and constants
   * @throws InputError if one does not fit
   */
  constructor(
    private readonly encoder: Evaluator,
    private readonly stage: PlannedStage,
    { product, polynomial, output }: StageStates,
  ) {
    const { activation, transform } = stage;
    this.#polynomial = polynomial;
    const { shift, constant } = activation?.kind === "square" ? activation : { shift: 0, constant: 0 };
    this.#biases = this.#addends((row) => (transform?.map.bias[row] ?? 0) + shift, product);
    this.#constants = this.#addends(() => constant, output);
  }

  /** A plaintext for each output ciphertext that has something to be added. */
  #addends(valueOf: (row: number) => number, at: LevelAndScale): (Plaintext | undefined)[] {
    return this.stage.output.map((layout) => {
      const values = Float64Array.from(layout, (row) => (row < 0 ? 0 : valueOf(row)));
      return values.some((value) => value !== 0) ? this.encoder.encode(values, at) : undefined;
    });
  }

  [Symbol.dispose](): void {
    for (const plaintext of [...this.#biases, ...this.#constants]) plaintext?.[Symbol.dispose]();
  }

  /** Takes the sum of output ciphertext `index` over, and gives the finished one back, or frees it. */
  apply(he: Evaluator, sum: Ciphertext, index: number): Ciphertext {
    const bias = this.#biases[index];
    const biased = finished(sum, () => bias && he.addPlainInplace(sum, bias));
    const activated = finished(this.#activated(he, biased), (result) =>
      rescale(he, result, this.stage.rescales),
    );
    const constant = this.#constants[index];
    return finished(activated, () => constant && he.addPlainInplace(activated, constant));
  }

  #activated(he: Evaluator, x: Ciphertext): Ciphertext {
    const { activation, rescalesBefore } = this.stage;
    const input = finished(x, () => rescale(he, x, rescalesBefore));
    if (!activation) return input;
    if (this.#polynomial) {
      using power = input;
      return evaluatePolynomial(he, this.#polynomial, power);
    }
    if (activation.kind === "polynomial") return input;
    const squared = finished(input, () => {
      he.squareInplace(input);
      he.relinearizeInplace(input);
      // A factor is another scale: no level, no noise.
      he.setScaleInplace(input, input.scale / Math.abs(activation.factor));
    });
    if (activation.factor > 0) return squared;
    using positive = squared;
    return he.weightedSum([positive], [-1], 1);
  }
}

function rescale(he: Evaluator, ciphertext: Ciphertext, times: number): void {
  for (let i = 0; i < times; i++) he.rescaleToNextInplace(ciphertext);
}
