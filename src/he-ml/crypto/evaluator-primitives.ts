import type { Ciphertext, LevelAndScale, Plaintext } from "./ciphertext.js";
import { requireTakenIn } from "./preconditions.js";
import type { RotationStep } from "./rotation-keys.js";
import type { WeightedSumMethod } from "./weighted-sum.js";

/**
 * What an evaluator must be able to do. `Evaluator` checks preconditions and counts before it asks for any of this; operands
 * are changed in place, unless something is returned.
 */
export abstract class EvaluatorPrimitives {
  abstract copy(a: Ciphertext): Ciphertext;

  /** A ciphertext as it travels: the evaluator's own serialisation, uncompressed. */
  abstract save(a: Ciphertext): Uint8Array;

  /**
   * Takes in a ciphertext that has travelled; the caller owns it.
   *
   * @throws InputError unless the bytes are a relinearized ciphertext under these parameters
   */
  abstract load(bytes: Uint8Array): Ciphertext;

  /**
   * Takes in several that stand at one level and scale; the caller owns them.
   *
   * @throws InputError as `load` does, and unless they stand there
   */
  loadAll(serialised: readonly Uint8Array[], at: LevelAndScale): Ciphertext[] {
    const loaded: Ciphertext[] = [];
    try {
      for (const bytes of serialised) {
        const ciphertext = this.load(bytes);
        loaded.push(ciphertext);
        requireTakenIn(at, ciphertext);
      }
      return loaded;
    } catch (error) {
      for (const ciphertext of loaded) ciphertext[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Writes a ciphertext for `takeOver`: cheaper than `save`, where the evaluator has a form of its own.
   *
   * @param to room for the bytes of `save`
   * @returns how many bytes were written
   */
  handOver(a: Ciphertext, to: Uint8Array): number {
    const bytes = this.save(a);
    to.set(bytes);
    return bytes.length;
  }

  /**
   * Takes in what an evaluator of the same kind and parameters, in this process, has handed over; the caller owns it. It is
   * trusted: what has travelled must be loaded.
   */
  takeOver(bytes: Uint8Array): Ciphertext {
    return this.load(bytes);
  }

  protected abstract doEncodeScalar(value: number, at: LevelAndScale): Plaintext;
  protected abstract doEncode(values: Float64Array, at: LevelAndScale): Plaintext;
  protected abstract doEncryptZero(at: LevelAndScale): Ciphertext;
  protected abstract doAdd(a: Ciphertext, b: Ciphertext): void;
  protected abstract doSub(a: Ciphertext, b: Ciphertext): void;
  protected abstract doAddPlain(a: Ciphertext, b: Plaintext): void;
  protected abstract doMultiplyPlain(a: Ciphertext, b: Plaintext): void;
  protected abstract doMultiplyPlainAdd(sum: Ciphertext, a: Ciphertext, b: Plaintext): void;
  protected abstract doWeightedSum(
    inputs: readonly Ciphertext[],
    integers: readonly number[],
    scale: number,
    method: WeightedSumMethod,
  ): Ciphertext;
  protected abstract doMultiply(a: Ciphertext, b: Ciphertext): void;
  protected abstract doSquare(a: Ciphertext): void;
  protected abstract doRelinearize(a: Ciphertext): void;
  protected abstract doRotate(a: Ciphertext, step: RotationStep): Ciphertext;

  protected doRotateMany(a: Ciphertext, steps: readonly RotationStep[]): Ciphertext[] {
    const rotated: Ciphertext[] = [];
    try {
      for (const step of steps) rotated.push(this.doRotate(a, step));
      return rotated;
    } catch (error) {
      for (const ciphertext of rotated) ciphertext[Symbol.dispose]();
      throw error;
    }
  }

  protected doRotateAndSum(a: Ciphertext, steps: readonly RotationStep[]): void {
    const rotated = this.doRotateMany(a, steps);
    try {
      for (const ciphertext of rotated) this.doAdd(a, ciphertext);
    } finally {
      for (const ciphertext of rotated) ciphertext[Symbol.dispose]();
    }
  }

  protected abstract doRescale(a: Ciphertext, scale: number): void;
  protected abstract doModSwitch(a: Ciphertext, level: number): void;
  protected abstract doSetScale(a: Ciphertext, scale: number): void;
}
