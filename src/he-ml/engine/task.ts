import type { LevelAndScale } from "../crypto/ciphertext.js";
import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import type { OperationCounts } from "../crypto/operation-counts.js";
import type { CkksParameters } from "../crypto/parameters.js";
import type { EvaluationKeys } from "../crypto/public-context.js";
import type { Model } from "../model/model.js";

/** What every worker is started with: all that a server may know. */
export interface WorkerSetup {
  readonly parameters: CkksParameters;
  readonly keys: EvaluationKeys;
  readonly model: Model;
}

/** Holds every worker until all have come: an Int32Array of how many there are still to come. */
export interface Barrier {
  readonly missing: Int32Array;
}

/** A share of one layer: output ciphertexts `from` (inclusive) to `to` (exclusive). */
export interface Task {
  readonly layer: number;
  /** The layer's input; its bytes lie in shared memory. */
  readonly input: SerializedTensor;
  /** Tells inputs apart, so that a worker loads a ciphertext once for several tasks. */
  readonly inputId: number;
  readonly from: number;
  readonly to: number;
}

export interface TaskResult {
  /** Serialised outputs in shared memory. */
  readonly ciphertexts: readonly Uint8Array[];
  readonly before: LevelAndScale;
  readonly after: LevelAndScale;
  readonly ops: OperationCounts;
}

/** Errors lose their class on the way between threads, so a refusal travels as its message. */
export type TaskOutcome = TaskResult | { readonly refused: string };

/** Copies serialised ciphertexts into one piece of shared memory, so that sending them to a thread copies nothing. */
export function share(ciphertexts: readonly Uint8Array[]): Uint8Array[] {
  const total = ciphertexts.reduce((sum, bytes) => sum + bytes.length, 0);
  const memory = new SharedArrayBuffer(total);
  let offset = 0;
  return ciphertexts.map((bytes) => {
    const shared = new Uint8Array(memory, offset, bytes.length);
    shared.set(bytes);
    offset += bytes.length;
    return shared;
  });
}
