import type { EvaluatorChoice, LayerTrace } from "he-ml";

/** What the page asks of the worker, which is the server: it never sees the secret key. */
export interface Request {
  /** A program as JSON. */
  readonly program: string;
  readonly evaluationKeys: Uint8Array;
  readonly request: Uint8Array;
}

export type Answer =
  | {
      readonly response: Uint8Array;
      readonly traces: readonly LayerTrace[];
      readonly evaluator: EvaluatorChoice;
    }
  | { readonly failed: string };
