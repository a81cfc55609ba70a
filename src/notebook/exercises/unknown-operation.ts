import { InputError } from "../../he-ml/errors.js";

/** What evaluators and the toy call it, or have beside, and how it is written on a machine. */
const written: Readonly<Record<string, string>> = {
  square: "write multiply(a, a)",
  power: "write multiply(a, b), as often as it takes",
  negate: "write multiplyPlain(a, -1), or sub(b, a) in place of adding it",
  subtract: "it is sub(a, b)",
  subPlain: "write addPlain(a, -value)",
  rescaleToNext: "it is rescale(a)",
  modSwitchTo: "it is modSwitch(a), for one level",
  modSwitchToNext: "it is modSwitch(a)",
  rotateVector: "it is rotate(a, step)",
  encode: "addPlain and multiplyPlain take numbers as they are",
  encodeScalar: "addPlain and multiplyPlain take a number as it is",
  encrypt: "compute on the ciphertexts that your function is given",
  decrypt: "like a server it sees no value; return the ciphertext",
};

/** What a recorder has beside operations. */
const noOperations: readonly string[] = ["operations", "inputs"];

/**
 * The machine itself, but for operations that it does not have: asked for one, it says what to write instead.
 *
 * @throws InputError by the machine, where it is asked
 * @example refuseUnknown(machine).square // InputError: a Machine has no 'square'; write multiply(a, a)
 */
export function refuseUnknown<M extends object>(machine: M): M {
  const operations = () => Object.keys(machine).filter((name) => !noOperations.includes(name));
  return new Proxy(machine, {
    get(target, name) {
      // Whoever awaits or prints a machine asks for these two.
      if (name in target || typeof name === "symbol" || name === "then" || name === "toJSON") {
        return Reflect.get(target, name) as unknown;
      }
      const instead = Object.hasOwn(written, name) ? written[name] : `it has ${operations().join(", ")}`;
      throw new InputError(`a Machine has no '${name}'; ${instead}`);
    },
  });
}
