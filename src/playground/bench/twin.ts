import {
  ClearContext,
  ClearEvaluator,
  checkParameters,
  tensor,
  type Ciphertext,
  type ClearCiphertext,
  type ParametersSpec,
} from "he-ml";
import { sentenceOf } from "../workers/calls.js";
import type { TwinStep } from "../workers/messages.js";
import { allSlots } from "../workers/one-tensor.js";
import { apply } from "./apply.js";
import type { BenchOperation } from "./operations.js";

/** The same operations on plain numbers: exact values, the error that noise theory predicts, and what outgrows the modulus. */
export function runTwin(
  spec: ParametersSpec,
  values: readonly number[],
  operations: readonly BenchOperation[],
): readonly TwinStep[] {
  const parameters = checkParameters(spec);
  const clear = new ClearContext(parameters, new ClearEvaluator(parameters, "seal"));
  const filled = Array.from({ length: parameters.slots }, (_, slot) => values[slot] ?? 0);
  const [fresh] = clear.encrypt(
    tensor([1, parameters.slots], filled),
    allSlots(1, parameters.slots),
  ).ciphertexts;
  const stepOf = (x: Ciphertext): TwinStep => {
    const { values: slots, predictedError } = x as ClearCiphertext;
    return { slots: slots.slice(), predictedError };
  };
  const steps = [stepOf(fresh)];
  let x = fresh;
  for (const operation of operations) {
    try {
      x = apply(clear.evaluator, operation, x, fresh);
      steps.push(stepOf(x));
    } catch (error) {
      return [...steps, { refused: sentenceOf(error) }];
    }
  }
  return steps;
}
