import type { LevelAndScale } from "../crypto/ciphertext.js";
import type { OperationCounts } from "../crypto/operation-counts.js";
import type { CkksParameters } from "../crypto/parameters.js";
import type { EvaluationKeys } from "../crypto/public-context.js";
import type { Model } from "../model/model.js";
import type { SharedTensor } from "./shared-tensor.js";

/** What every worker is started with: all that a server may know. */
export interface WorkerSetup {
  readonly parameters: CkksParameters;
  readonly keys: EvaluationKeys;
  readonly model: Model;
}

/** Holds every worker until all have come; `missing[0]` in shared memory counts those still to come. */
export interface Barrier {
  readonly missing: Int32Array;
}

/** A share of one layer: output ciphertexts `from` (inclusive) to `to` (exclusive). */
export interface Task {
  readonly layer: number;
  readonly input: SharedTensor;
  /** Tells inputs apart, so that a worker loads a ciphertext once for several tasks. */
  readonly inputId: number;
  readonly output: SharedTensor;
  readonly from: number;
  readonly to: number;
  /** `stop[0]` in shared memory turns 1 when the result is no longer wanted. */
  readonly stop: Int32Array;
}

export interface TaskResult {
  readonly before: LevelAndScale;
  readonly after: LevelAndScale;
  readonly ops: OperationCounts;
}

/** Errors lose their class on the way between threads, so a refusal travels as its message. */
export type TaskOutcome = TaskResult | { readonly refused: string } | { readonly stopped: true };
