import { startWorker, type Called } from "./calls.js";
import type { EvaluationWork, KeyWork, PlainWork } from "./messages.js";

/** The three workers of the page. */
export interface Workers {
  /** The client: it has the secret key. */
  readonly keys: Called<KeyWork>;
  /** The server: it has what the client sends. */
  readonly evaluation: Called<EvaluationWork>;
  /** Neither: it computes in the clear, to compare with. */
  readonly plain: Called<PlainWork>;
}

export function startWorkers(): Workers {
  return {
    keys: startWorker<KeyWork>("key-worker"),
    evaluation: startWorker<EvaluationWork>("evaluation-worker"),
    plain: startWorker<PlainWork>("plain-worker"),
  };
}
