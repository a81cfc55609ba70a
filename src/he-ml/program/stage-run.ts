import { finished, type Ciphertext, type LevelAndScale, type Plaintext } from "../crypto/ciphertext.js";
import { EncryptedTensor } from "../crypto/encrypted-tensor.js";
import type { Evaluator } from "../crypto/evaluator.js";
import type { GiantStep, TransformTerm } from "../crypto/linear-transform.js";
import { requireSameSlotLayout } from "../crypto/slot-layout.js";
import { InputError } from "../errors.js";
import type { Step } from "../long-work.js";
import type { PlannedStage } from "../planner/plan.js";
import type { LinearTransform } from "../planner/matvec/linear-transform.js";
import type { RotateAndSum } from "../planner/matvec/sums.js";
import { stageStates } from "../planner/scales/stage-state.js";
import { formatShape } from "../tensor/tensor.js";
import { dithered } from "./dither.js";
import { StageActivation } from "./stage-activation.js";
import { alone, isMine, type Team } from "./team.js";

interface Baby {
  readonly input: number;
  readonly step: number;
}

/**
 * A planned stage with its plaintexts, at the level and scale at which its input comes. They are good for every evaluator
 * that shares memory with the one that encoded them.
 */
export class StageRun implements Disposable {
  /** Level and scale that the stage leaves. */
  readonly output: LevelAndScale;
  readonly #product: LevelAndScale;
  readonly #giants: GiantStep[] = [];
  readonly #babies: Baby[] = [];
  readonly #activation: StageActivation;
  readonly #owned: Plaintext[] = [];

  /**
   * @param encoder encodes weights and biases
   * @throws InputError if one does not fit
   */
  constructor(
    encoder: Evaluator,
    readonly stage: PlannedStage,
    readonly input: LevelAndScale,
  ) {
    const { transform, weightScaleBits } = stage;
    try {
      const states = stageStates(encoder.parameters, stage, input);
      this.#product = states.product;
      this.output = states.output;
      if (transform && transform.divisor === undefined)
        this.#encode(encoder, transform, 2 ** weightScaleBits);
      this.#activation = new StageActivation(encoder, stage, states);
    } catch (error) {
      this[Symbol.dispose]();
      throw this.named(error);
    }
  }

  #encode(encoder: Evaluator, { map, outputs, diagonals }: LinearTransform, weightScale: number): void {
    const { level } = this.input;
    for (let output = 0; output < outputs; output++) {
      const terms = new Map<number, TransformTerm[]>();
      for (const { input, output: target, baby, giant, entries } of diagonals) {
        if (target !== output) continue;
        const weights = Float64Array.from(entries, (entry) => (entry < 0 ? 0 : map.weights[entry]));
        const values = dithered(weights, weightScale);
        const plaintext = this.#own(encoder.encode(values, { level, scale: weightScale }));
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
  *steps(he: Evaluator, input: EncryptedTensor): Generator<Step, EncryptedTensor> {
    const { input: slotsIn, output: slotLayout, outputShape } = this.stage;
    const ciphertexts: Ciphertext[] = [];
    try {
      this.requireInput(input);
      for (let image = 0; image < input.images; image++) {
        const own = input.ciphertexts.slice(image * slotsIn.length, (image + 1) * slotsIn.length);
        const parts = this.imageSteps(he, own, alone);
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
    if (packing !== "packed" || formatShape(shape) !== formatShape(inputShape)) {
      throw new InputError(
        `expected ${formatShape(inputShape)} packed into ${input.length} ciphertext(s), ` +
          `got ${formatShape(shape)} in packing ${packing}; encrypt with the plan's client specification`,
      );
    }
    requireSameSlotLayout(slotLayout, input);
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
    he: Evaluator,
    inputs: readonly Ciphertext[],
    team: Team,
  ): Generator<number, readonly (Ciphertext | undefined)[]> {
    const { transform } = this.stage;
    const scope = new Scope();
    const share = (count: number, make: (index: number) => Ciphertext | undefined) =>
      team.share(count, make, (ciphertext) => scope.own(ciphertext));
    try {
      const summed = transform?.poolSums.length
        ? share(inputs.length, (i) => sumRotations(he, he.copy(inputs[i]), transform.poolSums))
        : (i: number) => inputs[i];
      if (!transform || transform.divisor !== undefined) {
        return finishedAll(inputs.length, (i) =>
          isMine(team, i)
            ? this.#activation.apply(he, this.#declared(he, he.copy(summed(i)!)), i)
            : undefined,
        );
      }
      yield 0;
      const own = this.#rotateOwn(he, team, (input) => summed(input)!, scope);
      const rotated = share(this.#babies.length, (i) => own.get(i));
      const babyOf = (input: number, step: number): Ciphertext =>
        step === 0
          ? summed(input)!
          : rotated(this.#babies.findIndex((baby) => baby.input === input && baby.step === step))!;
      const giants = this.#giants.filter((_, i) => isMine(team, i));
      const partial = yield* he.linearTransform(giants, babyOf);
      for (const sum of partial.values()) scope.own(sum);
      const { outputs, folds } = transform;
      // Each member has a partial sum of each output, or none: all of them are exchanged, output by output.
      const shared = share(outputs * team.size, (i) => {
        const sum = partial.get(Math.floor(i / team.size));
        return sum && scope.release(sum);
      });
      return finishedAll(outputs, (output) => {
        if (!isMine(team, output)) return undefined;
        const parts = Array.from({ length: team.size }, (_, member) => shared(output * team.size + member));
        return this.#activation.apply(he, sumRotations(he, this.#addUp(he, parts), folds), output);
      });
    } finally {
      scope[Symbol.dispose]();
    }
  }

  /** This member's rotated inputs, by their places in the list of all; the scope owns them. */
  #rotateOwn(
    he: Evaluator,
    team: Team,
    inputOf: (input: number) => Ciphertext,
    scope: Scope,
  ): Map<number, Ciphertext> {
    const placesOf = new Map<number, number[]>();
    for (const [place, { input }] of this.#babies.entries()) {
      if (isMine(team, place)) placesOf.set(input, [...(placesOf.get(input) ?? []), place]);
    }
    const rotated = new Map<number, Ciphertext>();
    for (const [input, places] of placesOf) {
      const steps = places.map((place) => this.#babies[place].step);
      he.rotateMany(inputOf(input), steps).forEach((ciphertext, i) =>
        rotated.set(places[i], scope.own(ciphertext)),
      );
    }
    return rotated;
  }

  /** A new ciphertext: the sum of those that are there, or an encryption of zero. */
  #addUp(he: Evaluator, parts: readonly (Ciphertext | undefined)[]): Ciphertext {
    const [first, ...others] = parts.filter((part) => part !== undefined);
    if (!first) return he.encryptZero(this.#product);
    return finished(he.copy(first), (sum) => others.forEach((other) => he.addInplace(sum, other)));
  }

  /** Pooling alone: sums declared to be at a scale so much larger that they are means. */
  #declared(he: Evaluator, ciphertext: Ciphertext): Ciphertext {
    if (this.stage.transform) he.setScaleInplace(ciphertext, this.#product.scale);
    return ciphertext;
  }
}

/** Takes the ciphertext over and gives it back, or frees it. */
function sumRotations(he: Evaluator, ciphertext: Ciphertext, sums: readonly RotateAndSum[]): Ciphertext {
  return finished(ciphertext, (total) => {
    for (const steps of sums) he.rotateAndSumInplace(total, steps);
  });
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

  [Symbol.dispose](): void {
    for (const ciphertext of this.#owned) ciphertext[Symbol.dispose]();
  }
}
