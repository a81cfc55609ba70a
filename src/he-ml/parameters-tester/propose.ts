import { evaluatorKinds, kernelPrimes, type EvaluatorKind } from "../crypto/evaluator-kind.js";
import { mostPrimeBits, parametersSpec, checkParameters, type CkksParameters } from "../crypto/parameters.js";
import { mostModulusBits } from "../crypto/security-tables.js";
import { InputError } from "../errors.js";
import { deviationsInLargest } from "../planner/believed-scales.js";
import { explain } from "../program/explain.js";
import { imageAt, maxAbs, sizeOf, stack } from "../tensor/tensor.js";
import { percentText, whyChain, whyDegree, whyPacking } from "./advice-words.js";
import type { AdvicePoint } from "./advice.js";
import { layeredChain, type LayeredScales } from "./layered-chain.js";
import type { AdviceJob, Proposal } from "./verify-point.js";

/** A point that was found, or why there is none. */
export type Found = Proposal | AdvicePoint;

export const isProposal = (found: Found): found is Proposal => !("status" in found);

/**
 * Shares of the wanted error that packed plans are made for. A plan gives every stage's weights a scale of their own, and
 * parameters have one for all: run by its parameters alone, a plan is up to seven times less precise.
 */
const packedShares = [1, 1 / 4, 1 / 16];

/** What the planner proposes: for each evaluator, and each share of the wanted error until there is no plan. */
export function packedProposals(job: AdviceJob): (() => Promise<Found[]>)[] {
  return evaluatorKinds.toReversed().flatMap((evaluator) => {
    // What is not precise enough for a share is not for a smaller one.
    let isBeyond = false;
    return packedShares.map((share) => async () => {
      if (isBeyond) return [];
      const found = await packedProposal(job, evaluator, share);
      isBeyond = !found.some(isProposal);
      return found;
    });
  });
}

async function packedProposal(job: AdviceJob, evaluator: EvaluatorKind, share: number): Promise<Found[]> {
  const { tools, model, samples, security, securityTable, signal } = job;
  const relativeError = job.relativeError * share;
  const why = `planned for ${percentText(relativeError)}`;
  try {
    const { parameters, plan } = await tools.compile(model, {
      ...{ packing: "packed" as const, evaluator, relativeError, samples, security, securityTable, signal },
    });
    const ciphertexts = plan!.input.length;
    const scales =
      share === 1
        ? why
        : `${why}, as one scale for all weights is less precise than a scale for each stage's`;
    const proposal = packedPoint(job, evaluator, parameters, ciphertexts, scales);
    const larger =
      sizeOf(model.inputShape) > parameters.slots ? withTwiceTheSlots(job, parameters) : undefined;
    if (!larger) return [proposal];
    return [proposal, packedPoint(job, evaluator, larger, Math.ceil(ciphertexts / 2), scales)];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return [
      {
        ...{ name: `packed, ${evaluator}: ${why}`, packing: "packed", evaluator, status: "failed" },
        ...{ reason: error.message, why: { packing: "one image in few ciphertexts" } },
      },
    ];
  }
}

const packedPoint = (
  job: AdviceJob,
  evaluator: EvaluatorKind,
  parameters: CkksParameters,
  ciphertexts: number,
  scales: string,
): Proposal => ({
  ...{ packing: "packed", evaluator, parameters },
  why: {
    degree: whyDegree(parameters, job),
    chain: whyChain(parameters, evaluator),
    scales,
    packing: whyPacking("packed", parameters, ciphertexts),
  },
});

/** The same chain on a ring of twice the degree, for an image of more values than there are slots. */
function withTwiceTheSlots(job: AdviceJob, parameters: CkksParameters): CkksParameters | undefined {
  const polyModulusDegree = 2 * parameters.polyModulusDegree;
  if (mostModulusBits({ ...job, polyModulusDegree }) === 0) return undefined;
  return checkParameters({ ...parametersSpec(parameters), polyModulusDegree });
}

/** Scales of inputs that batches are tried at, as log2, and by how much less weights are tried at. */
const scaleBitsTried = [18, 20, 22, 24, 26, 28, 30, 33, 36, 40];
const weightBitsBelow = [10, 7, 4];
/** Larger scales that are looked at behind the first that hold: their primes may be faster. */
const furtherScales = 2;
/** Shares of the wanted error that batches are made for: with a little to spare for chance, and a stricter one. */
const batchShares = [1 / 2, 1 / 8];

/** Chains for batches: the shortest that hold the wanted error as is predicted, and the model's own. */
export function batchProposals(job: AdviceJob): (() => Promise<Found[]>)[] {
  return [
    ...batchShares.map((share) => () => batchProposal(job, share)),
    () => Promise.resolve(ownOrUsual(job)),
  ];
}

async function batchProposal(job: AdviceJob, share: number): Promise<Found[]> {
  const evaluator: EvaluatorKind = "kernel";
  const relativeError = job.relativeError * share;
  const chosen = await fastestScales(job, relativeError);
  if (!chosen) return [];
  const { scaleBits, weightScaleBits } = chosen;
  return [
    batchPoint(
      job,
      evaluator,
      chosen,
      `inputs at 2^${scaleBits} and weights at 2^${weightScaleBits}: of those whose predicted error holds ` +
        `${percentText(relativeError)}, the fastest`,
    ),
  ];
}

/** Of the scales whose predicted error holds, on the shortest chains for them, those that take the least time. */
async function fastestScales(job: AdviceJob, relativeError: number): Promise<CkksParameters | undefined> {
  const { plainLogits, signal } = job;
  const most = (relativeError * maxAbs(plainLogits.data)) / deviationsInLargest;
  let best: Predicted | undefined;
  let further = 0;
  for (const scaleBits of scaleBitsTried) {
    for (const below of weightBitsBelow) {
      for (const mostBits of [kernelPrimes[0].mostBits, mostPrimeBits]) {
        signal?.throwIfAborted();
        const scales = { scaleBits, weightScaleBits: scaleBits - below };
        const predicted = await predict(job, scales, mostBits);
        if (!predicted || predicted.error > most) continue;
        if (!best || predicted.millisecondsPerImage < best.millisecondsPerImage) best = predicted;
      }
    }
    if (best && further++ === furtherScales) break;
  }
  return best?.parameters;
}

interface Predicted {
  readonly parameters: CkksParameters;
  readonly error: number;
  readonly millisecondsPerImage: number;
}

async function predict(
  { model, images, tools, security, securityTable }: AdviceJob,
  scales: LayeredScales,
  mostBits: number,
): Promise<Predicted | undefined> {
  const asked = { security, securityTable };
  const parameters = layeredChain(model, model.valueRanges!, scales, asked, mostBits);
  if (!parameters) return undefined;
  const program = await tools.compile(model, { packing: "batch", evaluator: "kernel", parameters });
  const { stages, totals } = explain(program, { sample: stack([imageAt(images, 0)]) });
  return {
    parameters,
    error: stages.at(-1)!.predictedError,
    millisecondsPerImage: totals.predictedMilliseconds / parameters.slots,
  };
}

const batchPoint = (
  job: AdviceJob,
  evaluator: EvaluatorKind,
  parameters: CkksParameters,
  scales: string,
): Proposal => ({
  ...{ packing: "batch", evaluator, parameters },
  why: {
    degree: whyDegree(parameters, job),
    chain: whyChain(parameters, evaluator),
    scales,
    packing: whyPacking("batch", parameters),
  },
});

/** The parameters that the model comes with, under the asked security; a reason where they do not hold it. */
function ownOrUsual(job: AdviceJob): Found[] {
  const { model, security, securityTable } = job;
  if (!model.parameters) return [];
  const { coeffModulusBits } = checkParameters(model.parameters);
  try {
    const parameters = checkParameters({
      ...parametersSpec(checkParameters(model.parameters)),
      ...{ security, securityTable },
    });
    return [batchPoint(job, "kernel", parameters, "those that the model comes with")];
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return [
      {
        ...{ name: `batch: the model's own [${coeffModulusBits.join(", ")}]`, packing: "batch" },
        ...{ evaluator: "kernel", status: "failed", reason: error.message },
        why: { packing: "the parameters that the model comes with, one image a slot" },
      },
    ];
  }
}

/** Packing scalar is told about, and not run. */
export const scalarPoint: AdvicePoint = {
  name: "scalar",
  packing: "scalar",
  evaluator: "kernel",
  status: "not-run",
  reason:
    "as many ciphertexts and operations as a batch, for one image instead of one in each slot: never better",
  why: { packing: "one value in a ciphertext: to learn with" },
};
