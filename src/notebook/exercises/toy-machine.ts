import * as toy from "../../he-ml/toy-ckks/index.js";
import type { Random } from "./exercise.js";
import type { ReplayMachine } from "./machine.js";

/**
 * Toy CKKS as a machine: fresh keys, real noise. Keys to rotate are made as a circuit asks for them.
 *
 * @example
 * const machine = new ToyMachine(toy.toyParameters({ polyModulusDegree: 8, coeffModulusBits: [30, 30], scale: 2 ** 20 }), random);
 * toy.formatSlots(machine.decrypt(machine.rotate(machine.encrypt([1, 2, 3, 4]), 1))) // [2.000, 3.000, 4.000, 1.000]
 */
export class ToyMachine implements ReplayMachine<toy.Ciphertext> {
  readonly #parameters: toy.ToyParameters;
  readonly #random: Random;
  readonly #secretKey: toy.Polynomial;
  readonly #keys = new Map<string, toy.GaloisKey>();
  #relinKey: toy.KeySwitchKey | undefined;

  constructor(parameters: toy.ToyParameters, random: Random) {
    this.#parameters = parameters;
    this.#random = random;
    this.#secretKey = toy.createSecretKey(parameters, random);
  }

  /** At the top level; slots that are not given are 0. */
  encrypt(values: readonly (number | toy.Complex)[]): toy.Ciphertext {
    const plain = toy.encode(values, this.#parameters);
    return toy.encryptSymmetric(plain, this.#secretKey, this.#parameters, this.#random);
  }

  decrypt(a: toy.Ciphertext): readonly toy.Complex[] {
    return toy.decode(toy.decrypt(a, this.#secretKey));
  }

  levelOf = (a: toy.Ciphertext) => toy.level(a);
  scaleOf = (a: toy.Ciphertext) => a.scale;
  add = toy.add;
  sub = toy.sub;
  multiply = toy.multiply;
  rescale = toy.rescale;
  modSwitch = toy.modSwitch;
  relinearize = (a: toy.Ciphertext) => {
    this.#relinKey ??= toy.createRelinKey(this.#parameters, this.#secretKey, this.#random);
    return toy.relinearize(a, this.#relinKey);
  };
  rotate = (a: toy.Ciphertext, step: number) =>
    toy.rotate(
      a,
      this.#key(`rotate ${step}`, (...of) => toy.createRotationKey(step, ...of)),
    );
  conjugate = (a: toy.Ciphertext) =>
    toy.conjugate(
      a,
      this.#key("conjugate", (...of) => toy.createConjugationKey(...of)),
    );
  addPlain = (a: toy.Ciphertext, values: readonly number[] | number) =>
    toy.addPlain(a, this.#encode(values, a.scale));
  multiplyPlain = (a: toy.Ciphertext, values: readonly number[] | number, scale?: number) =>
    toy.multiplyPlain(a, this.#encode(values, scale));

  #key(
    name: string,
    create: (parameters: toy.ToyParameters, secretKey: toy.Polynomial, random: Random) => toy.GaloisKey,
  ): toy.GaloisKey {
    const key = this.#keys.get(name) ?? create(this.#parameters, this.#secretKey, this.#random);
    this.#keys.set(name, key);
    return key;
  }

  #encode(values: readonly number[] | number, scale?: number): toy.Plaintext {
    const { slots } = this.#parameters;
    const each = typeof values === "number" ? new Array<number>(slots).fill(values) : values;
    return toy.encode(each, this.#parameters, scale);
  }
}
