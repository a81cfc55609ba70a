import { InputError } from "../../he-ml/errors.js";
import type { Ciphertext } from "../../he-ml/crypto/ciphertext.js";
import { ClearEvaluator } from "../../he-ml/crypto/clear-evaluator.js";
import type { CkksParameters } from "../../he-ml/crypto/parameters.js";
import type { ReplayMachine } from "./machine.js";

/**
 * The library's clear twin as a machine: levels, scales and refusals of SEAL, on plain numbers.
 *
 * @example
 * const machine = new ClearMachine(checkParameters({ polyModulusDegree: 2048, coeffModulusBits: [30, 24], scaleBits: 20 }));
 * machine.decrypt(machine.rotate(machine.encrypt([1, 2, 3]), 1)) // [2, 3, 0, …]
 */
export class ClearMachine implements ReplayMachine<Ciphertext> {
  readonly #evaluator: ClearEvaluator;

  constructor(parameters: CkksParameters) {
    this.#evaluator = new ClearEvaluator(parameters);
  }

  /** At the top level; slots that are not given are 0. */
  encrypt(values: readonly number[]): Ciphertext {
    return this.#evaluator.encrypt(Float64Array.from(values));
  }

  decrypt(a: Ciphertext): Float64Array {
    return this.#evaluator.decrypt(a);
  }

  levelOf = (a: Ciphertext) => a.level;
  scaleOf = (a: Ciphertext) => a.scale;
  add = (a: Ciphertext, b: Ciphertext) => this.#evaluator.add(a, b);
  sub = (a: Ciphertext, b: Ciphertext) => this.#evaluator.sub(a, b);
  multiply = (a: Ciphertext, b: Ciphertext) => this.#evaluator.multiply(a, b);
  relinearize = (a: Ciphertext) => this.#evaluator.relinearize(a);
  rescale = (a: Ciphertext) => this.#evaluator.rescaleToNext(a);
  modSwitch = (a: Ciphertext) => this.#evaluator.modSwitchTo(a, a.level - 1);
  rotate = (a: Ciphertext, step: number) => this.#evaluator.rotate(a, step);
  conjugate = (a: Ciphertext) => this.#evaluator.rotate(a, "conjugate");
  addPlain = (a: Ciphertext, values: readonly number[] | number) =>
    this.#evaluator.addPlain(a, this.#encode(values, a.level, a.scale));
  multiplyPlain = (a: Ciphertext, values: readonly number[] | number, scale?: number) =>
    this.#evaluator.multiplyPlain(
      a,
      this.#encode(values, a.level, scale ?? 2 ** this.#evaluator.parameters.weightScaleBits),
    );

  #encode(values: readonly number[] | number, level: number, scale: number) {
    const { slots } = this.#evaluator.parameters;
    if (typeof values === "number") return this.#evaluator.encodeScalar(values, { level, scale });
    if (values.length > slots) {
      throw new InputError(
        `encode: expected at most ${slots} values, got ${values.length}; give one for each slot`,
      );
    }
    return this.#evaluator.encode(Float64Array.from(values), { level, scale });
  }
}
