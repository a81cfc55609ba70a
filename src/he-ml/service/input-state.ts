import type { LevelAndScale } from "../crypto/ciphertext.js";
import { requireStanding } from "../crypto/preconditions.js";
import type { ProgramContent } from "../program/program-content.js";

/** Level and scale at which a program takes its input in. */
export function startOf(program: ProgramContent): LevelAndScale {
  return program.packing === "packed" ? program.plan.start : program.states[0];
}

/** @throws InputError unless ciphertexts stand where the program takes them in */
export function requireState(expected: LevelAndScale, got: LevelAndScale): void {
  requireStanding("run", expected, got, "encrypt with the program's client specification");
}
