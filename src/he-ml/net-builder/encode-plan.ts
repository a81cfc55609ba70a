import { finished, type Ciphertext, type LevelAndScale, type Plaintext } from "../crypto/ciphertext.js";
import { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { lastPrime } from "../crypto/parameters.js";
import { InputError } from "../errors.js";
import type { EncodedStep } from "../layers/encoded-step.js";
import { finish, finishInTurns, type LongWorkOptions, type Step } from "../long-work.js";
import { stageForward, type Plan, type PlannedStage } from "../planner/plan.js";
import type { RotateAndSum, SlotMap } from "../planner/slot-map.js";
import { formatShape, type Tensor } from "../tensor/tensor.js";

/** A plan made ready to run: its stages, with all plaintexts encoded. Owns them: dispose of it, or hold it with `using`. */
export interface EncodedPlan extends Disposable {
  readonly stages: readonly EncodedStage[];
}

/** An encoded stage: a function from packed tensor to packed tensor. */
export interface EncodedStage extends EncodedStep {
  readonly stage: PlannedStage;
}

/**
 * Encodes a plan's weights and biases once, each at the level and scale at which it meets its ciphertext.
 *
 * @throws InputError if the evaluator works under other parameters than the plan's, or a weight does not fit
 * @example
 * using encoded = encodePlan(server.evaluator, plan);
 * const { output, traces } = await collect(forward(encoded.stages, server.load(message)));
 */
export function encodePlan(he: Evaluator, plan: Plan): EncodedPlan {
  if (he.parameters.coeffModulus.join() !== plan.parameters.coeffModulus.join()) {
    throw new InputError(
      `encodePlan: the evaluator works under other parameters than the plan; make the contexts with plan.parameters`,
    );
  }
  const runs: StageRun[] = [];
  const encoded: EncodedPlan = {
    stages: [],
    [Symbol.dispose]: () => runs.forEach((run) => run[Symbol.dispose]()),
  };
  return finished(encoded, () => {
    let at: LevelAndScale = { level: plan.parameters.levels, scale: 2 ** plan.parameters.scaleBits };
    for (const stage of plan.stages) {
      const run = new StageRun(he, stage, at);
      runs.push(run);
      at = run.output;
      (encoded.stages as EncodedStage[]).push(callable(run));
    }
  });
}

function callable(run: StageRun): EncodedStage {
  const { stage, evaluator } = run;
  const call = (input: EncryptedTensor): EncryptedTensor => finish(run.steps(input));
  // A function's own name can only be defined anew, not assigned.
  Object.defineProperty(call, "name", { value: stage.name });
  return Object.assign(call, {
    stage,
    kind: stage.kind,
    modelLayers: stage.modelLayers,
    evaluator,
    run: (input: EncryptedTensor, options?: LongWorkOptions) => finishInTurns(run.steps(input), options),
    plain: (batch: Tensor) => stageForward(stage, batch),
  });
}

interface Term {
  readonly input: number;
  readonly baby: number;
  readonly plaintext: Plaintext;
}

/** Products of one output ciphertext that are rotated together. */
interface Giant {
  readonly step: number;
  readonly terms: readonly Term[];
}

class StageRun implements Disposable {
  /** Level and scale that the stage leaves. */
  readonly output: LevelAndScale;
  readonly #product: LevelAndScale;
  readonly #giants: Giant[][] = [];
  readonly #biases: (Plaintext | undefined)[] = [];
  readonly #owned: Plaintext[] = [];

  constructor(
    readonly evaluator: Evaluator,
    readonly stage: PlannedStage,
    private readonly input: LevelAndScale,
  ) {
    const { slotMap, weightScaleBits, square, rescales } = stage;
    const { level } = input;
    const weightScale = 2 ** weightScaleBits;
    const factor = slotMap?.divisor ?? (slotMap ? weightScale : 1);
    this.#product = { level, scale: input.scale * factor };
    try {
      if (slotMap && slotMap.divisor === undefined) this.#encode(slotMap, weightScale);
    } catch (error) {
      this[Symbol.dispose]();
      if (error instanceof InputError) throw new InputError(`stage "${stage.name}": ${error.message}`);
      throw error;
    }
    let scale = square ? this.#product.scale ** 2 : this.#product.scale;
    for (let i = 0; i < rescales; i++) scale /= lastPrime(evaluator.parameters, level - i);
    this.output = { level: level - rescales, scale };
  }

  #encode(slotMap: SlotMap, weightScale: number): void {
    const { level } = this.input;
    const { map } = slotMap;
    for (let output = 0; output < slotMap.outputs; output++) {
      const giants = new Map<number, Term[]>();
      for (const { input, output: target, baby, giant, entries } of slotMap.diagonals) {
        if (target !== output) continue;
        const weights = Float64Array.from(entries, (entry) => (entry < 0 ? 0 : map.weights[entry]));
        const plaintext = this.#own(this.evaluator.encode(weights, { level, scale: weightScale }));
        // Weights that all round to zero are left out: a product with zero would be transparent.
        if (plaintext.isZero) continue;
        const terms = giants.get(giant) ?? [];
        giants.set(giant, terms);
        terms.push({ input, baby, plaintext });
      }
      this.#giants.push([...giants].map(([step, terms]) => ({ step, terms })));
      const bias = Float64Array.from(slotMap.output[output], (row) => (row < 0 ? 0 : map.bias[row]));
      const encoded = bias.some((value) => value !== 0)
        ? this.evaluator.encode(bias, this.#product)
        : undefined;
      this.#biases.push(encoded && this.#own(encoded));
    }
  }

  #own(plaintext: Plaintext): Plaintext {
    this.#owned.push(plaintext);
    return plaintext;
  }

  [Symbol.dispose](): void {
    for (const plaintext of this.#owned) plaintext[Symbol.dispose]();
  }

  *steps(input: EncryptedTensor): Generator<Step, EncryptedTensor> {
    this.#requireInput(input);
    const { input: slotsIn, output, outputShape } = this.stage;
    const ciphertexts: Ciphertext[] = [];
    try {
      for (let image = 0; image < input.images; image++) {
        const own = input.ciphertexts.slice(image * slotsIn.length, (image + 1) * slotsIn.length);
        yield* this.#computeImage(own, ciphertexts, { image, images: input.images });
      }
      return new EncryptedTensor(
        { shape: outputShape, packing: "packed", images: input.images, slotLayout: output },
        ciphertexts,
      );
    } catch (error) {
      for (const ciphertext of ciphertexts) ciphertext[Symbol.dispose]();
      if (error instanceof InputError) throw new InputError(`stage "${this.stage.name}": ${error.message}`);
      throw error;
    }
  }

  #requireInput({ packing, shape, slotLayout, level, scale }: EncryptedTensor): void {
    const { name, inputShape, input } = this.stage;
    const laidOut = slotLayout?.length === input.length;
    if (packing !== "packed" || formatShape(shape) !== formatShape(inputShape) || !laidOut) {
      throw new InputError(
        `stage "${name}": expected ${formatShape(inputShape)} packed into ${input.length} ciphertext(s), ` +
          `got ${formatShape(shape)} in packing ${packing}; encrypt with the plan's client specification`,
      );
    }
    if (level !== this.input.level || Math.abs(scale / this.input.scale - 1) > 1e-9) {
      throw new InputError(
        `stage "${name}": expected level ${this.input.level} and scale 2^${Math.log2(this.input.scale).toFixed(2)}, ` +
          `got level ${level} and scale 2^${Math.log2(scale).toFixed(2)}; run the stages in order, from the first`,
      );
    }
  }

  *#computeImage(
    inputs: readonly Ciphertext[],
    outputs: Ciphertext[],
    { image, images }: { readonly image: number; readonly images: number },
  ): Generator<Step> {
    const he = this.evaluator;
    const { slotMap } = this.stage;
    const progress = (done: number): Step => ({ done: 100 * image + done, total: 100 * images });
    if (!slotMap) {
      for (const input of inputs) outputs.push(this.#activate(he.copy(input)));
      return;
    }
    const scope = new Scope();
    try {
      const summed: Ciphertext[] = [];
      for (const input of inputs) {
        summed.push(scope.own(this.#sumRotations(he.copy(input), slotMap.poolSums)));
        yield progress(10);
      }
      if (slotMap.divisor !== undefined) {
        for (const sum of summed) {
          he.setScaleInplace(sum, this.#product.scale);
          outputs.push(this.#activate(scope.release(sum)));
        }
        return;
      }
      const rotated = new Map<string, Ciphertext>();
      const babyOf = (input: number, step: number): Ciphertext => {
        if (step === 0) return summed[input];
        const key = `${input},${step}`;
        const known = rotated.get(key) ?? scope.own(he.rotate(summed[input], step));
        rotated.set(key, known);
        return known;
      };
      for (const [output, giants] of this.#giants.entries()) {
        let total: Ciphertext | undefined;
        for (const [i, { step, terms }] of giants.entries()) {
          const sum = scope.own(this.#sumOfProducts(terms, babyOf));
          const part = step === 0 ? sum : scope.own(he.rotate(sum, step));
          if (step !== 0) scope.free(sum);
          if (total) {
            he.addInplace(total, part);
            scope.free(part);
          } else {
            total = part;
          }
          yield progress(10 + (80 * (output + i / giants.length)) / this.#giants.length);
        }
        total ??= scope.own(he.encryptZero(this.#product));
        const folded = scope.own(this.#sumRotations(scope.release(total), slotMap.folds));
        const bias = this.#biases[output];
        if (bias) he.addPlainInplace(folded, bias);
        outputs.push(this.#activate(scope.release(folded)));
        yield progress(10 + (80 * (output + 1)) / this.#giants.length);
      }
    } finally {
      scope[Symbol.dispose]();
    }
  }

  #sumOfProducts(
    [first, ...others]: readonly Term[],
    babyOf: (input: number, step: number) => Ciphertext,
  ): Ciphertext {
    const he = this.evaluator;
    return finished(he.multiplyPlain(babyOf(first.input, first.baby), first.plaintext), (sum) => {
      for (const { input, baby, plaintext } of others) {
        he.multiplyPlainAddInplace(sum, babyOf(input, baby), plaintext);
      }
    });
  }

  /** Takes the ciphertext over and gives it back, or frees it. */
  #sumRotations(ciphertext: Ciphertext, sums: readonly RotateAndSum[]): Ciphertext {
    const he = this.evaluator;
    return finished(ciphertext, (total) => {
      for (const steps of sums) {
        const scope = new Scope();
        try {
          const parts = steps.map((step) => scope.own(he.rotate(total, step)));
          for (const part of parts) he.addInplace(total, part);
        } finally {
          scope[Symbol.dispose]();
        }
      }
    });
  }

  /** Squares where the stage does, and takes the scale down. */
  #activate(ciphertext: Ciphertext): Ciphertext {
    const he = this.evaluator;
    const { square, rescales } = this.stage;
    return finished(ciphertext, (result) => {
      if (square) {
        he.squareInplace(result);
        he.relinearizeInplace(result);
      }
      for (let i = 0; i < rescales; i++) he.rescaleToNextInplace(result);
    });
  }
}

/** Ciphertexts that are freed together, unless they are let go before. */
class Scope implements Disposable {
  readonly #owned = new Set<Ciphertext>();

  own(ciphertext: Ciphertext): Ciphertext {
    this.#owned.add(ciphertext);
    return ciphertext;
  }

  release(ciphertext: Ciphertext): Ciphertext {
    this.#owned.delete(ciphertext);
    return ciphertext;
  }

  free(ciphertext: Ciphertext): void {
    this.release(ciphertext)[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    for (const ciphertext of this.#owned) ciphertext[Symbol.dispose]();
  }
}
