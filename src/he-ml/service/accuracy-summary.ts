import type { EvaluatorKind } from "../crypto/evaluator-kind.js";
import type { Packing } from "../crypto/packing.js";
import { InputError } from "../errors.js";
import { errorStatistics } from "../tensor/error-statistics.js";
import { argmax, maxAbs, tensor } from "../tensor/tensor.js";
import { confusionMatrix, wilsonInterval, type ShareInterval } from "./accuracy-statistics.js";
import {
  readAccuracyReport,
  type AccuracyPhases,
  type AccuracyReport,
  type MeasuredImage,
} from "./accuracy-report.js";

/** An image that encryption made another class of. */
export interface FlippedImage {
  /** Its position in the dataset. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  readonly plainPredicted: number;
  /** How far the plain logits of the two classes lie apart. */
  readonly plainGap: number;
  /** How far the decrypted ones do. */
  readonly encryptedGap: number;
}

/** What a measurement of accuracy came to, as plain JSON. */
export interface AccuracySummary {
  readonly model: string;
  readonly packing: Packing;
  readonly dataset: string | null;
  /** Position of the first image in the dataset. */
  readonly index: number;
  /** Images that were measured. */
  readonly count: number;
  /** Share of images whose decrypted prediction is the label, from 0 to 1; images out of range count as wrong. */
  readonly encryptedAccuracy: number;
  readonly plainAccuracy: number;
  /** Where each lies with 95 % confidence, by Wilson's score interval. */
  readonly interval95: { readonly encrypted: ShareInterval; readonly plain: ShareInterval };
  /** Images whose encrypted and plain predictions differ. */
  readonly flips: number;
  readonly flipped: readonly FlippedImage[];
  /** Largest difference between a decrypted and a plain logit. */
  readonly maxAbsError: number;
  readonly meanAbsError: number;
  readonly rmsError: number;
  /** 99th percentile of the absolute error (nearest rank). */
  readonly p99AbsError: number;
  /** Of all plain logits of images that were encrypted. */
  readonly largestLogit: number;
  /** `maxAbsError / largestLogit`. */
  readonly relativeToMax: number;
  /** What the program was planned for. */
  readonly relativeErrorAsked: number;
  /** A row for each label, a column for each encrypted prediction. */
  readonly confusionMatrix: readonly (readonly number[])[];
  readonly classNames?: readonly string[];
  /** Images that were not encrypted, as the program has no room for their values. */
  readonly outOfRange: readonly { readonly index: number; readonly reason: string }[];
  /**
   * Encrypting, computing and decrypting, by image that was encrypted; the making of keys is not in it. Workers elsewhere have
   * several chunks at once: then it is the time that passed, by image.
   */
  readonly millisecondsPerImage: number;
  /** Of each chunk, by image; where chunks overlap, they sum up to more than the time that passed. */
  readonly phaseMillisecondsPerImage: AccuracyPhases;
  readonly setupMilliseconds: { readonly keys: number; readonly server: number };
  /** Worker threads; null where workers elsewhere computed. */
  readonly threads: number | null;
  readonly evaluator: EvaluatorKind;
  readonly parameters: AccuracyReport["parameters"];
}

interface PlacedImage extends MeasuredImage {
  readonly index: number;
}

/** The images of a report, with their positions in the dataset. */
function imagesOf({ index, chunks }: AccuracyReport): PlacedImage[] {
  return chunks.flatMap(({ first, images }) =>
    images.map((image, i) => ({ ...image, index: index + first + i })),
  );
}

/**
 * Decrypted minus plain, of each logit of each image that was encrypted.
 *
 * @param report what `accuracy` gives
 * @throws InputError if it is no report
 * @example errorHistogram(logitErrors(await accuracy(program, images, labels)))
 */
export function logitErrors(report: AccuracyReport): number[] {
  return imagesOf(readAccuracyReport("logitErrors", report)).flatMap(({ logits, plainLogits }) =>
    logits ? logits.map((logit, i) => logit - plainLogits[i]) : [],
  );
}

/**
 * What the chunks of a report come to together.
 *
 * @param report what `accuracy` gives, also one that is not whole yet: its `count` is then that of the chunks that are done
 * @throws InputError if it is no report, or no image of it was encrypted
 * @example
 * const { encryptedAccuracy, plainAccuracy, flips } = accuracySummary(await accuracy(program, images, labels));
 */
export function accuracySummary(report: AccuracyReport): AccuracySummary {
  const { model, packing, dataset, parameters, evaluator, classNames, setupMilliseconds, chunks, ...head } =
    readAccuracyReport("accuracySummary", report);
  const images = imagesOf(report);
  const encrypted = images.filter(({ logits }) => logits);
  if (encrypted.length === 0) {
    throw new InputError(
      "accuracySummary: expected a report with images that were encrypted, got none; let a chunk be done",
    );
  }
  const classes = images[0].plainLogits.length;
  const errors = errorStatistics(
    tensor(
      [encrypted.length, classes],
      encrypted.flatMap(({ logits }) => logits!),
    ),
    tensor(
      [encrypted.length, classes],
      encrypted.flatMap(({ plainLogits }) => plainLogits),
    ),
  );
  const right = encrypted.filter(({ logits, label }) => argmax(logits!) === label).length;
  const plainRight = images.filter(({ plainLogits, label }) => argmax(plainLogits) === label).length;
  const { threads } = chunks.at(-1)!;
  const flipped = encrypted.flatMap(flipOf);
  const phase = (name: keyof AccuracyPhases) =>
    chunks.reduce((sum, { milliseconds }) => sum + milliseconds[name], 0) / encrypted.length;
  const [encrypt, travel, evaluate, decrypt] = (["encrypt", "travel", "evaluate", "decrypt"] as const).map(
    phase,
  );
  return {
    ...{ model, packing, dataset, index: head.index, count: images.length },
    encryptedAccuracy: right / images.length,
    plainAccuracy: plainRight / images.length,
    interval95: {
      encrypted: wilsonInterval(right, images.length),
      plain: wilsonInterval(plainRight, images.length),
    },
    ...{ flips: flipped.length, flipped },
    maxAbsError: errors.maxAbs,
    meanAbsError: errors.mean,
    rmsError: errors.rms,
    p99AbsError: errors.p99,
    largestLogit: maxAbs(encrypted.flatMap(({ plainLogits }) => plainLogits)),
    relativeToMax: errors.relativeToMax,
    relativeErrorAsked: head.relativeError,
    confusionMatrix: confusionMatrix(
      encrypted.map(({ label, logits }) => [label, argmax(logits!)]),
      classes,
    ),
    classNames,
    outOfRange: images.flatMap(({ index, outOfRange }) =>
      outOfRange === undefined ? [] : [{ index, reason: outOfRange }],
    ),
    millisecondsPerImage:
      threads === null ? head.chunkMilliseconds / encrypted.length : encrypt + travel + evaluate + decrypt,
    phaseMillisecondsPerImage: { encrypt, travel, evaluate, decrypt },
    ...{ setupMilliseconds, threads, evaluator, parameters },
  };
}

function flipOf({ index, label, logits, plainLogits }: PlacedImage): FlippedImage[] {
  const [predicted, plainPredicted] = [argmax(logits!), argmax(plainLogits)];
  if (predicted === plainPredicted) return [];
  const plainGap = plainLogits[plainPredicted] - plainLogits[predicted];
  const encryptedGap = logits![predicted] - logits![plainPredicted];
  return [{ index, label, predicted, plainPredicted, plainGap, encryptedGap }];
}
