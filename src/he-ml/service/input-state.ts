import type { LevelAndScale } from "../crypto/ciphertext.js";
import { InputError } from "../errors.js";
import type { ProgramContent } from "../program/program-content.js";

/** Level and scale at which a program takes its input in. */
export function startOf(program: ProgramContent): LevelAndScale {
  return program.packing === "packed" ? program.plan.start : program.states[0];
}

/** @throws InputError unless ciphertexts stand where the program takes them in */
export function requireState(expected: LevelAndScale, { level, scale }: LevelAndScale): void {
  if (level === expected.level && Math.abs(scale / expected.scale - 1) < 1e-9) return;
  throw new InputError(
    `run: expected ciphertexts at level ${expected.level} and scale 2^${Math.log2(expected.scale).toFixed(2)}, ` +
      `got level ${level} and scale 2^${Math.log2(scale).toFixed(2)}; encrypt with the program's client specification`,
  );
}
