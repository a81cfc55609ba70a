import type { SerializedTensor } from "../crypto/encrypted-tensor.js";
import { PublicContext, type EvaluationKeys } from "../crypto/public-context.js";
import type { Plan } from "../planner/plan.js";

/** An image of encryptions of zero, as a plan takes it in: to run something before there is any. */
export async function zerosFor(
  { parameters, input, inputShape, start }: Plan,
  { publicKey }: EvaluationKeys,
): Promise<SerializedTensor> {
  using context = await PublicContext.load(parameters, { publicKey });
  const ciphertexts = input.map(() => {
    using zero = context.evaluator.encryptZero(start);
    return context.evaluator.save(zero);
  });
  return { shape: inputShape, packing: "packed", images: 1, slotLayout: input, ciphertexts };
}
