import * as z from "zod";
import { InputError } from "../errors.js";
import { doublePrimeBound } from "../kernels/double-ring.js";
import type { ResidueKind } from "../kernels/residue-ring.js";
import { testKernels, type KernelTest } from "../kernels/self-test.js";
import type { TypeOf } from "../schema.js";
import { defaultEvaluator, evaluatorKindSchema, type EvaluatorKind } from "./evaluator-kind.js";
import type { CkksParameters } from "./parameters.js";

export const evaluatorChoiceSchema = z.object({
  evaluator: evaluatorKindSchema,
  /**
   * How the kernels keep residues, by prime of the chain, the special one last: as doubles (`f64`) or as integers of 64 bits
   * (`i64`). Left out where SEAL computes.
   */
  kinds: z.array(z.enum(["f64", "i64"])).optional(),
  /** In words. */
  reason: z.string(),
});

/** What computes on real ciphertexts, and why; plain JSON. */
export interface EvaluatorChoice extends TypeOf<typeof evaluatorChoiceSchema> {}

export interface ChooseOptions {
  /** What was asked for by name: this or nothing. */
  readonly asked?: EvaluatorKind;
  /** What is taken if it can be; `defaultEvaluator` if left out. */
  readonly usual?: EvaluatorKind;
  /** The kernels' self-test. */
  readonly test?: () => Promise<KernelTest>;
}

/**
 * Chooses what computes: the kernels only where they pass their self-test, which runs once (some milliseconds).
 *
 * @throws InputError if the kernels were asked for by name and cannot be used
 * @example (await chooseEvaluator(parameters, { usual: "kernel" })).evaluator // "seal" where the kernels cannot be used
 */
export async function chooseEvaluator(
  { coeffModulus }: Pick<CkksParameters, "coeffModulus">,
  { asked, usual = defaultEvaluator, test = testKernels }: ChooseOptions = {},
): Promise<EvaluatorChoice> {
  const why = asked ? "asked for" : "as planned for";
  if ((asked ?? usual) === "seal") return { evaluator: "seal", reason: why };
  const { kind, reason } = await test();
  if (kind) {
    const kinds = coeffModulus.map((prime): ResidueKind =>
      kind === "f64" && prime < doublePrimeBound ? "f64" : "i64",
    );
    return { evaluator: "kernel", kinds, reason: `${why}; ${reason ?? "self-test passed"}` };
  }
  if (!asked) return { evaluator: "seal", reason: `the kernels cannot be used: ${reason}` };
  throw new InputError(
    `evaluator "kernel": the kernels cannot be used: ${reason}; choose "seal", or leave the evaluator out`,
  );
}

/** As in `kernel (f64, i64)`. */
export function formatChoice({ evaluator, kinds }: EvaluatorChoice): string {
  return kinds ? `${evaluator} (${[...new Set(kinds)].join(", ")})` : evaluator;
}
