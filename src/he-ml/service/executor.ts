import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import type { EvaluationKeys } from "../crypto/public-context.js";
import type { RunOptions } from "../layers/run.js";
import type { LayerTrace } from "../layers/trace.js";

/** Computes a program for any number of clients: in this thread, or in workers. Weights are encoded once. */
export interface Executor {
  /** Worker threads, 0 for none. */
  readonly threads: number;
  /**
   * Loads a client's keys.
   *
   * @throws InputError if they are damaged
   */
  open(keys: EvaluationKeys): Promise<ClientExecutor>;
  /** Ends whatever is computed, and frees everything. */
  close(): Promise<void>;
}

export interface ExecutorOptions extends RunOptions<SerializedTensor> {
  /** Whether nobody looks at traces before the end; threads then need not tell of them one by one. */
  readonly isUnwatched?: boolean;
}

/** An executor with one client's keys. */
export interface ClientExecutor {
  /**
   * Runs the program's steps and yields each one's trace as soon as it is done.
   *
   * @throws InputError if a ciphertext is damaged, or stands at another level or scale than the program takes in
   */
  run(input: SerializedTensor, options: ExecutorOptions): AsyncGenerator<LayerTrace, SerializedTensor>;
  /** Frees the keys, when the step that is being computed with them is done; what is run must have been stopped. */
  close(): Promise<void>;
}
