import type { LevelAndScale } from "../crypto/ciphertext.js";
import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { CkksParameters } from "../crypto/parameters.js";
import type { InputRange } from "../model/input-range.js";
import type { Model } from "../model/model.js";
import type { Plan } from "../planner/plan.js";
import type { OutputSpec } from "./client-spec.js";

/** What every program holds. */
export interface ProgramBase {
  readonly model: Model;
  /** What it was planned for; what it says runs on any. */
  readonly evaluator: EvaluatorKind;
  readonly parameters: CkksParameters;
  /** Positions of the model's layers that are computed: a range. */
  readonly layers: readonly number[];
  /** The output of another program that this one goes on with; a client encrypts for it if left out. */
  readonly input?: OutputSpec;
  /** The values that a client's images may hold; any that fit into the modulus if left out. */
  readonly inputRange?: InputRange;
}

/** Layer by layer: one value, or one value of each image, in a ciphertext. */
export interface LayeredProgram extends ProgramBase {
  readonly packing: "scalar" | "batch";
  /** Level and scale of the input, and of the output of each layer. */
  readonly states: readonly LevelAndScale[];
}

/** One image in one or a few ciphertexts, by a plan. */
export interface PackedProgram extends ProgramBase {
  readonly packing: "packed";
  readonly plan: Plan;
}

/** How a range of a model's layers is computed, in any packing: plain data, which worker threads get as it is. */
export type ProgramContent = LayeredProgram | PackedProgram;
