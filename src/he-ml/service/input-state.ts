import type { LevelAndScale } from "../crypto/ciphertext.js";
import type { ProgramContent } from "../program/program-content.js";

/** Level and scale at which a program takes its input in. */
export function startOf(program: ProgramContent): LevelAndScale {
  return program.packing === "packed" ? program.plan.start : program.states[0];
}
