import { isObject, requireArgument } from "../../he-ml/arguments.js";
import type { AccuracySummary } from "../../he-ml/service/accuracy-summary.js";
import { renderReport } from "../report.js";
import { errorText, formatCount, percent, seconds } from "../units.js";
import { confusionMatrix } from "./confusion-matrix.js";
import { errorHistogram } from "./error-histogram.js";

/** What `accuracySummary` gives. */
export type MeasuredAccuracy = AccuracySummary;

/**
 * The report of a measurement of accuracy as a self-contained HTML page.
 *
 * @param errors decrypted minus plain logits, as `logitErrors` gives them
 * @throws InputError if it is no summary, or there is no error
 * @example await writeFile("report.html", await accuracyReport(accuracySummary(report), logitErrors(report)));
 */
export async function accuracyReport(summary: MeasuredAccuracy, errors: readonly number[]): Promise<string> {
  const isSummary = isObject(summary) && "confusionMatrix" in summary && "interval95" in summary;
  requireArgument("accuracyReport", isSummary, "what accuracySummary gives", summary);
  const { model, dataset, index, count, packing, parameters, interval95, flipped, classNames } = summary;
  const { phaseMillisecondsPerImage: phases, setupMilliseconds } = summary;
  const name = (position: number) => classNames?.[position] ?? String(position);
  const share = (value: number) => `${(100 * value).toFixed(2)} %`;
  const milliseconds = (value: number) => `${Number(value.toPrecision(3))} ms`;
  return renderReport({
    title: `${model}: ${formatCount(count, "image")} of ${dataset ?? "a test set"} classified while encrypted`,
    intro:
      `Images from ${index} on, packing ${packing}, N = ${parameters.polyModulusDegree}, evaluator ${summary.evaluator}. ` +
      `Intervals are Wilson's, at 95 %.` +
      (summary.outOfRange.length > 0
        ? ` ${formatCount(summary.outOfRange.length, "image")} out of the program's range, not encrypted and counted as wrong.`
        : ""),
    tables: [
      {
        caption: "Accuracy",
        columns: ["", "accuracy", "from", "to"],
        rows: (["encrypted", "plain"] as const).map((which) => [
          which,
          share(which === "encrypted" ? summary.encryptedAccuracy : summary.plainAccuracy),
          share(interval95[which].low),
          share(interval95[which].high),
        ]),
      },
      {
        caption: "Errors of decrypted logits",
        columns: ["statistic", "error", "relative to the largest logit"],
        rows: (
          [
            ["largest", summary.maxAbsError],
            ["99th percentile", summary.p99AbsError],
            ["mean", summary.meanAbsError],
            ["root mean square", summary.rmsError],
          ] as const
        ).map(([what, error]) => [what, errorText(error), percent(error / summary.largestLogit)]),
      },
      {
        caption: "Flipped predictions",
        columns: ["image", "label", "encrypted", "plain", "plain logits apart", "encrypted logits apart"],
        rows: flipped.map((flip) => [
          String(flip.index),
          ...[flip.label, flip.predicted, flip.plainPredicted].map(name),
          ...[flip.plainGap, flip.encryptedGap].map(errorText),
        ]),
      },
      {
        caption: "Time",
        columns: ["phase", "time"],
        rows: [
          ["keys, once", seconds(setupMilliseconds.keys)],
          ["server, once", seconds(setupMilliseconds.server)],
          ["encrypt, an image", milliseconds(phases.encrypt)],
          ...(phases.travel > 0 ? [["travel and wait, an image", milliseconds(phases.travel)]] : []),
          ["evaluate, an image", milliseconds(phases.evaluate)],
          ["decrypt, an image", milliseconds(phases.decrypt)],
        ],
      },
    ],
    figures: [
      {
        caption: "Labels, and what was read while encrypted",
        figure: confusionMatrix(summary.confusionMatrix, classNames),
      },
      { caption: "Errors of decrypted logits, all images together", figure: errorHistogram(errors) },
    ],
  });
}
