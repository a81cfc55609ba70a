import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { Packing } from "../crypto/packing.js";
import { parametersSpec, type CkksParameters } from "../crypto/parameters.js";
import { mostModulusBits, type SecurityLevel } from "../crypto/security-tables.js";
import { InputError } from "../errors.js";
import type { Model } from "../model/model.js";
import type { compile as compileFunction } from "../program/compile.js";
import type { infer as inferFunction, InferenceReport } from "../service/infer.js";
import { argmax, maxAbs, type Tensor } from "../tensor/tensor.js";
import { percentText } from "./advice-words.js";
import { errorToExpect, type AdvicePoint, type MeasuredPoint } from "./advice.js";

/** What compiles and runs: the library's own functions, or those that know threads and this machine's costs. */
export interface AdviceTools {
  readonly compile: typeof compileFunction;
  readonly infer: typeof inferFunction;
  readonly machine: () => Readonly<Record<string, string | number>>;
}

/** What all points are run on. */
export interface AdviceJob {
  readonly tools: AdviceTools;
  /** With ranges of its values. */
  readonly model: Model;
  readonly images: Tensor;
  readonly plainLogits: Tensor;
  /** Images to plan by. */
  readonly samples?: Tensor;
  readonly relativeError: number;
  readonly security: SecurityLevel;
  readonly securityTable?: "2018" | "2024";
  readonly threads?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: string, done: number, total: number) => void;
}

/** A point that may work, before it is run. */
export interface Proposal {
  readonly packing: Packing;
  readonly evaluator: EvaluatorKind;
  readonly parameters: CkksParameters;
  readonly why: AdvicePoint["why"];
}

/** Names a point in few words. */
export function nameOf({ packing, evaluator, parameters }: Omit<Proposal, "why">): string {
  const { polyModulusDegree, coeffModulusBits, scaleBits, weightScaleBits } = parameters;
  const [data, special] = [coeffModulusBits.slice(0, -1), coeffModulusBits.at(-1)];
  return (
    `${packing}, ${evaluator}: N ${polyModulusDegree}, [${data.join(", ")} | ${special}], ` +
    `2^${scaleBits} · 2^${weightScaleBits}`
  );
}

/**
 * Runs a point just as `infer --parameters` would, and judges what comes of it.
 *
 * @throws The signal's reason when it aborts; what cannot work is a point that failed
 */
export async function verifyPoint(job: AdviceJob, proposal: Proposal): Promise<AdvicePoint> {
  const { packing, evaluator, parameters, why } = proposal;
  const total = parameters.coeffModulusBits.reduce((sum, bits) => sum + bits, 0);
  const found = {
    ...{ name: nameOf(proposal), packing, evaluator, why },
    parameters: parametersSpec(parameters),
    modulusBits: {
      total,
      allowed: mostModulusBits({ ...job, polyModulusDegree: parameters.polyModulusDegree }),
    },
  };
  try {
    const measured = await measure(job, proposal);
    if (errorToExpect(measured) <= job.relativeError) return { ...found, status: "front", measured };
    return { ...found, status: "misses", measured, reason: missed(measured, job.relativeError) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { ...found, status: "failed", reason: error.message };
  }
}

function missed(measured: MeasuredPoint, asked: number): string {
  const [seen, wanted] = [measured.relativeError, asked].map(percentText);
  return measured.relativeError <= asked
    ? `measured ${seen}, asked for ${wanted}: on many images up to ${percentText(errorToExpect(measured))} are to be expected`
    : `measured ${seen}, asked for ${wanted}`;
}

async function measure(job: AdviceJob, { packing, evaluator, parameters }: Proposal): Promise<MeasuredPoint> {
  const { tools, model, images, plainLogits, samples, threads, signal, onProgress } = job;
  const packed = packing === "packed";
  const program = await tools.compile(model, {
    ...{ packing, evaluator, parameters, signal },
    ...(packed ? { samples } : {}),
  });
  const report = await tools.infer(program, images, { evaluator, plainLogits, threads, signal, onProgress });
  const [count] = images.shape;
  const imagesPerRequest = packed ? 1 : parameters.slots;
  // Packed images go one after the other, each a request of its own; a batch is one request, however many it holds.
  const requests = packed ? count : 1;
  const { evaluate } = report.results[0].milliseconds;
  const latencyMilliseconds = evaluate / requests;
  const uploadBytes = Math.round(report.bytes.input / requests);
  return {
    relativeError: report.gaps.encrypted.relativeToMax,
    rmsError: rmsOf(report) / maxAbs(plainLogits.data),
    argmaxFlips: flips(report),
    latencyMilliseconds,
    imagesPerRequest,
    millisecondsPerImage: latencyMilliseconds / imagesPerRequest,
    uploadBytes,
    uploadBytesPerImage: uploadBytes / imagesPerRequest,
    downloadBytes: Math.round(report.bytes.output / requests),
    keyBytes: report.bytes.evaluationKeys,
    threads: report.threads,
  };
}

const flips = ({ results }: InferenceReport) =>
  results.filter(({ logits, plainLogits }) => argmax(logits) !== argmax(plainLogits)).length;

function rmsOf({ results }: InferenceReport): number {
  const errors = results.flatMap(({ logits, plainLogits }) =>
    logits.map((logit, i) => logit - plainLogits[i]),
  );
  return Math.hypot(...errors) / Math.sqrt(errors.length);
}
