import { requireArgument } from "../arguments.js";
import { InputError } from "../errors.js";
import { checkBfvParameters, type BfvParameters } from "./bfv/parameters.js";
import {
  checkParameters,
  formatChain,
  formatParameters,
  modulusBits,
  type CkksParameters,
} from "./parameters.js";
import { formatSecurity } from "./security-tables.js";

/** Checked parameters of either scheme, told apart by `scheme`. */
export type SchemeParameters = CkksParameters | BfvParameters;

/** Checks parameters of the scheme that they name. @throws InputError as `checkParameters` and `checkBfvParameters` do */
export function checkSchemeParameters<P extends SchemeParameters>(given: P): P {
  const isBfv = (given as Partial<SchemeParameters> | null | undefined)?.scheme === "bfv";
  return (isBfv ? checkBfvParameters(given) : checkParameters(given)) as P;
}

/** @throws InputError unless they are checked parameters of some scheme; a sign is enough */
export function requireSchemeParameters(
  operation: string,
  parameters: unknown,
): asserts parameters is SchemeParameters {
  const { coeffModulusBits, coeffModulus } = (parameters ?? {}) as Partial<SchemeParameters>;
  const isRight = Array.isArray(coeffModulusBits) && Array.isArray(coeffModulus);
  requireArgument(
    operation,
    isRight,
    "parameters; make them with checkParameters or checkBfvParameters",
    parameters,
  );
}

/** How many primes a ciphertext at a level is counted modulo: BFV keeps all of them but the special one. */
export function dataPrimes(parameters: SchemeParameters, level: number): number {
  return parameters.scheme === "ckks" ? level : Math.max(1, parameters.coeffModulus.length - 1);
}

/** Whether there is a special prime, without which nothing is relinearized or rotated. */
export function hasKeySwitching({ coeffModulus }: SchemeParameters): boolean {
  return coeffModulus.length > 1;
}

/** @throws InputError where there is one prime only, and so no key switching */
export function requireKeySwitching(operation: string, parameters: SchemeParameters): void {
  if (hasKeySwitching(parameters)) return;
  const { polyModulusDegree, coeffModulusBits } = parameters;
  throw new InputError(
    `${operation}: one prime of ${coeffModulusBits[0]} bits at polyModulusDegree ${polyModulusDegree} leaves no room for ` +
      `key switching; use polyModulusDegree 4096 or more, with two primes at least`,
  );
}

/** log2 of the product of the data primes at a level. */
export function dataModulusBits(parameters: SchemeParameters, level: number): number {
  return modulusBits(parameters, dataPrimes(parameters, level));
}

/**
 * log2 of what a value times its scale lies below, the sign's bit included: of the modulus at a level in CKKS, of the plain
 * modulus for integers in slots, and of all the integer digits that there are in the fractional encoding.
 */
export function roomBits(parameters: SchemeParameters, level: number): number {
  if (parameters.scheme === "ckks") return modulusBits(parameters, level);
  if (parameters.encoding === "integers") return Math.log2(parameters.plainModulus);
  const { base, integerDigits } = parameters;
  // Digits of either sign reach half as far.
  return integerDigits * Math.log2(base) + (base === 2 ? 1 : 0);
}

/** What gives that room, in words, but for bits that must be spared. */
export function formatRoom(parameters: SchemeParameters, level: number, spareBits = 0): string {
  const room = `${(roomBits(parameters, level) - spareBits).toFixed(0)} bits`;
  if (parameters.scheme === "ckks") return `the ${room} left at level ${level} of ${formatChain(parameters)}`;
  if (parameters.encoding === "integers") return `the ${room} of plainModulus ${parameters.plainModulus}`;
  return `the ${room} of ${parameters.integerDigits} integerDigits`;
}

/** What there is too little of where a scale has no room, in words. */
export function formatShortage(parameters: SchemeParameters): string {
  if (parameters.scheme === "ckks") return `the chain ${formatChain(parameters)} is too short`;
  if (parameters.encoding === "integers") return `plainModulus ${parameters.plainModulus} is too small`;
  return `${parameters.integerDigits} integerDigits in base ${parameters.base} are too few`;
}

/** Parameters in short, for one line about what was made with them. */
export function formatSchemeParameters(parameters: SchemeParameters): string {
  if (parameters.scheme === "ckks") return formatParameters(parameters);
  const { polyModulusDegree, plainModulus } = parameters;
  return (
    `BFV, N = ${polyModulusDegree}, p = ${plainModulus}, primes ${formatModulus(parameters)}, ` +
    formatSecurity(parameters)
  );
}

/** The chain as people write it; a single prime has no special one behind it. */
export function formatModulus(parameters: SchemeParameters): string {
  return hasKeySwitching(parameters)
    ? formatChain(parameters)
    : `[${parameters.coeffModulusBits.join(", ")}]`;
}
