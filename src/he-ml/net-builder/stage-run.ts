import { finished, type Ciphertext, type LevelAndScale, type Plaintext } from "../crypto/ciphertext.js";
import { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import type { Evaluator } from "../crypto/evaluator.js";
import { InputError } from "../errors.js";
import type { Step } from "../long-work.js";
import type { PlannedStage } from "../planner/plan.js";
import type { RotateAndSum, SlotMap } from "../planner/slot-map.js";
import { stageStates } from "../planner/stage-state.js";
import { formatShape } from "../tensor/tensor.js";
import { dithered } from "./dither.js";
import { StageActivation } from "./stage-activation.js";
import { alone, isMine, type Team } from "./team.js";

interface Term {
  readonly input: number;
  readonly baby: number;
  readonly plaintext: Plaintext;
}

/** Products for one output ciphertext that are rotated together. */
interface Giant {
  readonly output: number;
  readonly step: number;
  readonly terms: readonly Term[];
}

interface Baby {
  readonly input: number;
  readonly step: number;
}

/** A planned stage with its plaintexts, at the level and scale at which its input comes. */
export class StageRun implements Disposable {
  /** Level and scale that the stage leaves. */
  readonly output: LevelAndScale;
  readonly #product: LevelAndScale;
  readonly #giants: Giant[] = [];
  readonly #babies: Baby[] = [];
  readonly #activation: StageActivation;
  readonly #owned: Plaintext[] = [];

  /** @throws InputError if a weight or bias does not fit */
  constructor(
    readonly evaluator: Evaluator,
    readonly stage: PlannedStage,
    readonly input: LevelAndScale,
  ) {
    const { slotMap, weightScaleBits } = stage;
    try {
      const states = stageStates(evaluator.parameters, stage, input);
      this.#product = states.product;
      this.output = states.output;
      if (slotMap && slotMap.divisor === undefined) this.#encode(slotMap, 2 ** weightScaleBits);
      this.#activation = new StageActivation(evaluator, stage, states);
    } catch (error) {
      this[Symbol.dispose]();
      throw this.named(error);
    }
  }

  #encode({ map, outputs, diagonals }: SlotMap, weightScale: number): void {
    const { level } = this.input;
    for (let output = 0; output < outputs; output++) {
      const terms = new Map<number, Term[]>();
      for (const { input, output: target, baby, giant, entries } of diagonals) {
        if (target !== output) continue;
        const weights = Float64Array.from(entries, (entry) => (entry < 0 ? 0 : map.weights[entry]));
        const { polyModulusDegree } = this.evaluator.parameters;
        const values = dithered(weights, weightScale, polyModulusDegree);
        const plaintext = this.#own(this.evaluator.encode(values, { level, scale: weightScale }));
        // Weights that are all zero are left out: a product with zero would be transparent.
        if (plaintext.isZero) continue;
        terms.set(giant, [...(terms.get(giant) ?? []), { input, baby, plaintext }]);
        const known = this.#babies.some((other) => other.input === input && other.step === baby);
        if (baby !== 0 && !known) this.#babies.push({ input, step: baby });
      }
      for (const [step, together] of terms) this.#giants.push({ output, step, terms: together });
    }
  }

  #own(plaintext: Plaintext): Plaintext {
    this.#owned.push(plaintext);
    return plaintext;
  }

  [Symbol.dispose](): void {
    for (const plaintext of this.#owned) plaintext[Symbol.dispose]();
    this.#activation?.[Symbol.dispose]();
  }

  /** The whole stage, all images one after the other. */
  *steps(input: EncryptedTensor): Generator<Step, EncryptedTensor> {
    const { input: slotsIn, output: slotLayout, outputShape } = this.stage;
    const ciphertexts: Ciphertext[] = [];
    try {
      this.requireInput(input);
      for (let image = 0; image < input.images; image++) {
        const own = input.ciphertexts.slice(image * slotsIn.length, (image + 1) * slotsIn.length);
        const parts = this.imageSteps(own, alone);
        for (let step = parts.next(); ; step = parts.next()) {
          if (step.done) {
            ciphertexts.push(...step.value.map((ciphertext) => ciphertext!));
            break;
          }
          yield { done: Math.round(100 * (image + step.value)), total: 100 * input.images };
        }
      }
      return new EncryptedTensor(
        { shape: outputShape, packing: "packed", images: input.images, slotLayout },
        ciphertexts,
      );
    } catch (error) {
      for (const ciphertext of ciphertexts) ciphertext[Symbol.dispose]();
      throw this.named(error);
    }
  }

  /** @throws InputError unless the tensor is what the stage was encoded for */
  requireInput({ packing, shape, slotLayout, level, scale }: EncryptedTensor): void {
    const { inputShape, input } = this.stage;
    const laidOut = slotLayout?.length === input.length;
    if (packing !== "packed" || formatShape(shape) !== formatShape(inputShape) || !laidOut) {
      throw new InputError(
        `expected ${formatShape(inputShape)} packed into ${input.length} ciphertext(s), ` +
          `got ${formatShape(shape)} in packing ${packing}; encrypt with the plan's client specification`,
      );
    }
    if (level !== this.input.level || Math.abs(scale / this.input.scale - 1) > 1e-9) {
      throw new InputError(
        `expected level ${this.input.level} and scale 2^${Math.log2(this.input.scale).toFixed(2)}, ` +
          `got level ${level} and scale 2^${Math.log2(scale).toFixed(2)}; run the stages in order, from the first`,
      );
    }
  }

  /** The error, saying in which stage it arose. */
  named(error: unknown): unknown {
    return error instanceof InputError
      ? new InputError(`stage "${this.stage.name}": ${error.message}`)
      : error;
  }

  /**
   * One image, with others or alone; yields how much of it is done, from 0 to 1.
   *
   * @returns the output ciphertexts that this member finished; the caller owns them
   */
  *imageSteps(
    inputs: readonly Ciphertext[],
    team: Team,
  ): Generator<number, readonly (Ciphertext | undefined)[]> {
    const he = this.evaluator;
    const { slotMap } = this.stage;
    const scope = new Scope();
    const share = (count: number, make: (index: number) => Ciphertext | undefined) =>
      team.share(count, make, (ciphertext) => scope.own(ciphertext));
    try {
      const summed = slotMap?.poolSums.length
        ? share(inputs.length, (i) => this.#sumRotations(he.copy(inputs[i]), slotMap.poolSums))
        : (i: number) => inputs[i];
      if (!slotMap || slotMap.divisor !== undefined) {
        return finishedAll(inputs.length, (i) =>
          isMine(team, i) ? this.#activation.apply(this.#declared(he.copy(summed(i)!)), i) : undefined,
        );
      }
      yield 0.1;
      const rotated = share(this.#babies.length, (i) =>
        he.rotate(summed(this.#babies[i].input)!, this.#babies[i].step),
      );
      const babyOf = (input: number, step: number): Ciphertext =>
        step === 0
          ? summed(input)!
          : rotated(this.#babies.findIndex((baby) => baby.input === input && baby.step === step))!;
      yield 0.3;
      const partial = yield* this.#partialSums(team, babyOf, scope);
      const { outputs, folds } = slotMap;
      const shared = share(outputs * team.size, (i) => {
        const own = partial.get(Math.floor(i / team.size));
        return own && scope.release(own);
      });
      return finishedAll(outputs, (output) => {
        if (!isMine(team, output)) return undefined;
        const parts = Array.from({ length: team.size }, (_, member) => shared(output * team.size + member));
        return this.#activation.apply(this.#sumRotations(this.#addUp(parts), folds), output);
      });
    } finally {
      scope[Symbol.dispose]();
    }
  }

  /** For each output ciphertext the sum of this member's giant steps. */
  *#partialSums(
    team: Team,
    babyOf: (input: number, step: number) => Ciphertext,
    scope: Scope,
  ): Generator<number, Map<number, Ciphertext>> {
    const he = this.evaluator;
    const totals = new Map<number, Ciphertext>();
    for (const [i, { output, step, terms }] of this.#giants.entries()) {
      if (!isMine(team, i)) continue;
      const sum = scope.own(this.#sumOfProducts(terms, babyOf));
      const part = step === 0 ? sum : scope.own(he.rotate(sum, step));
      if (step !== 0) scope.free(sum);
      const total = totals.get(output);
      if (total) {
        he.addInplace(total, part);
        scope.free(part);
      } else {
        totals.set(output, part);
      }
      yield 0.3 + (0.6 * (i + 1)) / this.#giants.length;
    }
    return totals;
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

  /** A new ciphertext: the sum of those that are there, or an encryption of zero. */
  #addUp(parts: readonly (Ciphertext | undefined)[]): Ciphertext {
    const he = this.evaluator;
    const [first, ...others] = parts.filter((part) => part !== undefined);
    if (!first) return he.encryptZero(this.#product);
    return finished(he.copy(first), (sum) => others.forEach((other) => he.addInplace(sum, other)));
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

  /** Pooling alone: sums declared to be at a scale so much larger that they are means. */
  #declared(ciphertext: Ciphertext): Ciphertext {
    if (this.stage.slotMap) this.evaluator.setScaleInplace(ciphertext, this.#product.scale);
    return ciphertext;
  }
}

/** Makes a list of ciphertexts, or frees those that were made when one cannot be. */
function finishedAll(
  count: number,
  make: (index: number) => Ciphertext | undefined,
): (Ciphertext | undefined)[] {
  const made: (Ciphertext | undefined)[] = [];
  try {
    while (made.length < count) made.push(make(made.length));
    return made;
  } catch (error) {
    for (const ciphertext of made) ciphertext?.[Symbol.dispose]();
    throw error;
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
