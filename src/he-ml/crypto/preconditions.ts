import { InputError } from "../errors.js";
import { maxAbs } from "../tensor/tensor.js";
import type { Ciphertext, LevelAndScale, Plaintext } from "./ciphertext.js";
import { formatRoom, roomBits, type SchemeParameters } from "./scheme-parameters.js";

// What every evaluator asks of operands: what SEAL would refuse is refused here, with a message that says what to do.

/** What to do where a scale has no room. */
const moreRoom = {
  ckks: "rescale before, lower the scales, or use a longer chain",
  bfv: "lower the scales, take a larger plainModulus, or re-encrypt before",
} as const;

/** @throws InputError unless finite values fit at this level and scale, with so many bits to spare */
export function requireRoom(
  parameters: SchemeParameters,
  operation: string,
  values: ArrayLike<number>,
  at: LevelAndScale,
  spareBits = 1,
): void {
  if (!Number.isInteger(at.level) || at.level < 1 || at.level > parameters.levels) {
    throw new InputError(`${operation}: expected a level from 1 to ${parameters.levels}, got ${at.level}`);
  }
  requireScale(parameters, operation, at);
  const largest = maxAbs(values);
  if (!Number.isFinite(largest)) {
    throw new InputError(`${operation}: expected finite numbers, got ${largest}`);
  }
  const room = roomBits(parameters, at.level) - spareBits;
  if (Math.log2(largest * at.scale) >= room) {
    throw new InputError(
      `${operation}: ${largest} at a scale of 2^${Math.log2(at.scale).toFixed(1)} does not fit into ` +
        `${room.toFixed(0)} bits at level ${at.level}; lower the scale or the values`,
    );
  }
}

/** SEAL's is_scale_within_bounds asks the same of every product. @throws InputError if the scale does not fit */
export function requireScale(
  parameters: SchemeParameters,
  operation: string,
  { level, scale }: LevelAndScale,
  spareBits = 0,
): void {
  const room = roomBits(parameters, level) - spareBits;
  if (!(scale > 0 && Math.log2(scale) < room)) {
    throw new InputError(
      `${operation}: scale out of bounds: 2^${Math.log2(scale).toFixed(1)} does not fit into ` +
        `${formatRoom(parameters, level, spareBits)}; ${moreRoom[parameters.scheme]}`,
    );
  }
}

/** @throws InputError unless a ciphertext can be multiplied by this plaintext */
export function requireFactor(
  parameters: SchemeParameters,
  operation: string,
  a: Ciphertext,
  b: Plaintext,
): void {
  requireSameLevel(operation, a, b);
  requireScale(parameters, operation, { level: a.level, scale: a.scale * b.scale });
  if (b.isZero) {
    throw new InputError(
      `${operation}: a product with zero is transparent: anyone can read it; leave the term out or use encryptZero`,
    );
  }
}

/** @throws InputError unless both have as many primes left */
export function requireSameLevel(operation: string, a: LevelAndScale, b: LevelAndScale): void {
  if (a.level !== b.level) {
    throw new InputError(
      `${operation}: levels differ: ${a.level} and ${b.level}; modSwitchTo the lower level first`,
    );
  }
}

/** SEAL's are_close: scales may differ by rounding of doubles only. @throws InputError if they differ by more */
export function requireSameScale(operation: string, a: LevelAndScale, b: LevelAndScale): void {
  if (Math.abs(a.scale - b.scale) >= Number.EPSILON * Math.max(a.scale, b.scale, 1)) {
    throw new InputError(
      `${operation}: scale mismatch: 2^${Math.log2(a.scale).toFixed(6)} and 2^${Math.log2(b.scale).toFixed(6)}; ` +
        `rescale or encode so that they agree`,
    );
  }
}

/** @throws InputError unless ciphertexts stand at this level and, but for rounding, at this scale */
export function requireStanding(
  operation: string,
  expected: LevelAndScale,
  { level, scale }: LevelAndScale,
  advice: string,
): void {
  if (level === expected.level && Math.abs(scale / expected.scale - 1) < 1e-9) return;
  throw new InputError(
    `${operation}: expected ciphertexts at level ${expected.level} and scale 2^${Math.log2(expected.scale).toFixed(2)}, ` +
      `got level ${level} and scale 2^${Math.log2(scale).toFixed(2)}; ${advice}`,
  );
}

/** @throws InputError unless what was taken in stands where a program takes its input in */
export function requireTakenIn(expected: LevelAndScale, got: LevelAndScale): void {
  requireStanding("run", expected, got, "encrypt with the program's client specification");
}

/** @throws InputError unless a ciphertext has so many polynomials */
export function requireSize(operation: string, a: Ciphertext, size: number): void {
  if (a.size !== size) {
    throw new InputError(
      `${operation}: expected a ciphertext of ${size} polynomials, got ${a.size}` +
        (a.size === 3 ? "; relinearize it first" : ""),
    );
  }
}
