import { ClearEvaluator } from "../crypto/clear-evaluator.js";
import { checkParameters, parametersSpec, type CkksParameters } from "../crypto/parameters.js";
import type { Packing } from "../crypto/packing.js";
import { InputError } from "../errors.js";
import { finishInTurns } from "../long-work.js";
import type { Measured } from "../planner/errors/measure.js";
import { measuredFor } from "../planner/plan.js";
import { scalesOnChain } from "../planner/scales/waterline-scales.js";
import { buildFromPytorch } from "../program/build-from-pytorch.js";
import type { SetToOpen } from "./opened-set.js";
import { cutBefore } from "../model/layer-range.js";

/** A scale of fewer bits leaves nothing of most weights. */
const fewestBits = 8;

/**
 * The parameters with the largest scale of weights, at most that of the inputs, with which the chain carries the layers: for
 * sets that do not say it. Where there is none they stay as they are, and running them tells why.
 */
export async function withWeightScale(
  toOpen: SetToOpen<CkksParameters>,
  packing: Packing,
): Promise<CkksParameters> {
  const { parameters } = toOpen;
  const requireCarried = await (packing === "packed" ? packedCheck(toOpen) : layeredCheck(toOpen));
  for (let weightScaleBits = parameters.weightScaleBits; weightScaleBits >= fewestBits; weightScaleBits--) {
    const candidate = checkParameters({ ...parametersSpec(parameters), weightScaleBits });
    try {
      requireCarried(candidate);
      return candidate;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  return parameters;
}

type ChainCheck = (parameters: CkksParameters) => void;

async function packedCheck({
  part: { model },
  parameters,
  reencryptPositions,
  signal,
}: SetToOpen<CkksParameters>): Promise<ChainCheck> {
  const stretches: Measured[] = [];
  for (const layers of cutBefore([...model.layers.keys()], reencryptPositions)) {
    const steps = measuredFor(model, { layers, parameters, valueRanges: model.valueRanges });
    stretches.push(await finishInTurns(steps, { signal }));
  }
  return (candidate) => {
    for (const { scaleStages, budget } of stretches) scalesOnChain(candidate, scaleStages, budget);
  };
}

function layeredCheck({ part: { model }, reencryptPositions }: SetToOpen<CkksParameters>): ChainCheck {
  const { valueRanges } = model;
  const reencryptor = { reencrypt: () => Promise.reject(new Error("nothing is encrypted here")) };
  return (candidate) => {
    buildFromPytorch(new ClearEvaluator(candidate), model, { valueRanges, reencryptPositions, reencryptor });
  };
}
