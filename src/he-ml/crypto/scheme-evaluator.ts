import { requireArgument } from "../arguments.js";
import { Evaluator } from "./evaluator.js";
import { requireParameters } from "./parameters.js";
import type { SchemeParameters } from "./scheme-parameters.js";

/** An evaluator of either scheme: what layers compute with. */
export type SchemeEvaluator = Evaluator<SchemeParameters>;

/** @throws InputError unless it is an evaluator, of whichever scheme */
export function requireEvaluator(operation: string, he: unknown): asserts he is SchemeEvaluator {
  requireArgument(
    operation,
    he instanceof Evaluator,
    "an evaluator; take that of a PublicContext or ClearContext, as context.evaluator",
    he,
  );
}

/** @throws InputError unless it is an evaluator that computes in CKKS */
export function requireCkksEvaluator(operation: string, he: unknown): asserts he is Evaluator {
  requireEvaluator(operation, he);
  requireParameters(operation, he.parameters);
}
