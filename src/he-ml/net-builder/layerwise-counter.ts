import { ClearContext } from "../crypto/clear-context.js";
import { ClearEvaluator } from "../crypto/clear-evaluator.js";
import type { Ciphertext } from "../crypto/ciphertext.js";
import type { CkksParameters } from "../crypto/parameters.js";
import { chooseWindows } from "../crypto/signed-digits.js";
import { maxAbs } from "../tensor/tensor.js";

/**
 * A clear context of one slot: layer by layer all slots meet the same operations, so one is enough to count them. Its
 * evaluator also counts the additions that weighted sums are made of.
 */
export class LayerwiseCounter extends ClearContext {
  declare readonly evaluator: CountingEvaluator;

  constructor(parameters: CkksParameters) {
    const oneSlot: CkksParameters = { ...parameters, slots: 1 };
    super(oneSlot, new CountingEvaluator(oneSlot));
  }
}

class CountingEvaluator extends ClearEvaluator {
  additions = 0;

  protected override doWeightedSum(
    inputs: readonly Ciphertext[],
    integers: readonly number[],
    scale: number,
  ): Ciphertext {
    this.additions += chooseWindows(inputs.length, maxAbs(integers)).additions;
    return super.doWeightedSum(inputs, integers, scale);
  }
}
