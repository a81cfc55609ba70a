import type { LevelAndScale } from "../crypto/ciphertext.js";
import type { EvaluatorChoice } from "../crypto/choose-evaluator.js";
import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { OperationCounts } from "../crypto/operation-counts.js";
import type { EvaluationKeys } from "../crypto/public-context.js";
import type { TeamMemory as KernelTeamMemory } from "../kernels/ring-team.js";
import type { LayeredProgram, PackedProgram } from "../program/program-content.js";
import type { SharedTensor } from "./shared-tensor.js";
import type { TeamMemory } from "./shared-team.js";

/** What workers are started for: they share out the ciphertexts of each layer. */
export interface LayerWork {
  readonly kind: "layer";
  readonly program: LayeredProgram;
  readonly evaluator: EvaluatorKind;
  /** How the kernels keep residues: what workers hand over to each other holds them as they are. */
  readonly kinds?: EvaluatorChoice["kinds"];
}

/** They share the work of each stage of each image, and hand ciphertexts over. */
export interface StageWork {
  readonly kind: "stage";
  readonly program: PackedProgram;
  readonly evaluator: EvaluatorKind;
}

/** They are members of a team that computes in one memory of the kernels. */
export interface TeamWork {
  readonly kind: "team";
  readonly program: PackedProgram;
  /** How each member keeps residues. */
  readonly kinds: EvaluatorChoice["kinds"];
  readonly team: KernelTeamMemory;
  /** `members[0]` in shared memory counts those that have started: the next one's rank. */
  readonly members: Int32Array;
}

export type Work = LayerWork | StageWork | TeamWork;

/**
 * For every worker, exactly once: each waits, when it is done, until all are. `missing[0]` in shared memory counts those
 * still to come.
 */
export interface Everyone {
  readonly missing: Int32Array;
  /** `ready` asks only whether the worker could start. */
  readonly order:
    "ready" | { readonly open: number; readonly keys: EvaluationKeys } | { readonly close: number };
}

/** A share of the work for one client. */
export interface Share<Task> {
  /** Number of the client whose keys are used. */
  readonly client: number;
  readonly task: Task;
}

export type Message<Task> = Everyone | Share<Task>;

/** A share of one layer: output ciphertexts `from` (inclusive) to `to` (exclusive). */
export interface LayerTask {
  /** Position among the program's layers. */
  readonly layer: number;
  readonly input: SharedTensor;
  /** Level and scale that the input must have. */
  readonly at: LevelAndScale;
  /** Tells inputs apart, so that a worker loads a ciphertext once for several tasks. */
  readonly inputId: number;
  readonly output: SharedTensor;
  /** Whether workers have handed the input over to each other, and whether the output is for them alone. */
  readonly handedOver: { readonly input: boolean; readonly output: boolean };
  readonly from: number;
  readonly to: number;
  /** `stop[0]` in shared memory turns 1 when the result is no longer wanted. */
  readonly stop: Int32Array;
}

/** A member's part of one stage of one image. */
export interface StageTask {
  readonly stage: number;
  readonly input: SharedTensor;
  readonly output: SharedTensor;
  readonly image: number;
  readonly rank: number;
  readonly size: number;
  readonly memory: TeamMemory;
}

/** All members of a team run stages `from` (inclusive) to `to` (exclusive) together, from shared memory to shared memory. */
export interface RunTask {
  /** Tells what is said of this run from what is said of others. */
  readonly run: number;
  readonly from: number;
  readonly to: number;
  /** Of stage `from`. */
  readonly input: SharedTensor;
  /** Of the last stage. */
  readonly output: SharedTensor;
  /** Whether the first member is to tell how far it is. */
  readonly isWatched: boolean;
}

/** What the first member of a team says on the way. */
export interface RunProgress {
  readonly run: number;
  readonly stage: number;
  /** Images done. */
  readonly done: number;
  /** Where all are done. */
  readonly result?: StageResult;
}

export interface TaskResult {
  readonly before: LevelAndScale;
  readonly after: LevelAndScale;
  readonly ops: OperationCounts;
}

export interface StageResult extends TaskResult {
  readonly milliseconds: number;
}

/** Errors lose their class on the way between threads, so a refusal travels as its message. */
export type Answer<Result = TaskResult> =
  { readonly result: Result } | { readonly refused: string } | { readonly stopped: true };
