import { Option } from "commander";
import { evaluatorKinds, type EvaluatorKind } from "../he-ml/crypto/evaluator-kind.js";

export interface EvaluatorOption {
  readonly evaluator?: EvaluatorKind;
}

/** `--evaluator`: what to plan for and to compute with. */
export const evaluatorOption = (usual = "chosen by itself") =>
  new Option("--evaluator <e>", `what computes on ciphertexts (default: ${usual})`).choices(evaluatorKinds);
