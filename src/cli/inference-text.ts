import Table from "cli-table3";
import { formatChain } from "../he-ml/crypto/parameters.js";
import { formatSecurity } from "../he-ml/crypto/security-tables.js";
import { formatChoice } from "../he-ml/crypto/choose-evaluator.js";
import { isTooWide } from "../he-ml/service/gaps.js";
import type { InferenceReport } from "../he-ml/service/infer.js";
import { errorText, megabytes, percent, seconds } from "../viz/units.js";

/** The first image's prediction and its error, in one line. */
export function firstLine(
  { results: [first], model, classNames = [] }: InferenceReport,
  [name]: readonly string[],
): string {
  const { predicted, label, maxAbsError, relativeToMax } = first;
  const className = (index: number) => classNames[index] ?? String(index);
  const verdict =
    label === null ? "" : label === predicted ? `, as labelled` : `, but labelled ${className(label)}`;
  return (
    `image ${name}, classified while encrypted by ${model}: ${className(predicted)}${verdict}; ` +
    `largest error ${errorText(maxAbsError)} (${percent(relativeToMax)} of the largest logit)`
  );
}

/** What does not agree as it should, a line each. */
export function gapLines({ gaps: { encrypted, plain, expected } }: Pick<InferenceReport, "gaps">): string[] {
  const found = [
    {
      gap: plain,
      text: "HE-ML's plain logits and onnxruntime's differ: the file is not read as it is meant",
    },
    {
      gap: encrypted,
      text: "the encrypted logits differ from the plain ones: these parameters are not precise enough",
    },
    {
      gap: expected,
      text: "the logits differ from the outputs that the images came with: they are of another model",
    },
  ];
  return found.flatMap(({ gap, text }) =>
    gap && isTooWide(gap)
      ? [
          `${text} (by ${percent(gap.relativeToMax)} of the largest logit, at most ${percent(gap.allowed)} is expected)`,
        ]
      : [],
  );
}

/** One row an image, then what the batch took. */
export function resultTable(report: InferenceReport, names: readonly string[]): string {
  const { classNames = [] } = report;
  const className = (index: number) => classNames[index] ?? String(index);
  const { results, parameters, packing, bytes, setupMilliseconds, layers } = report;
  const table = new Table({
    head: ["image", "predicted", "plain", "label", "largest error", "of max"],
    colAligns: ["right", "right", "right", "right", "right", "right"],
    style: { head: [], border: [], compact: true },
  });
  results.forEach(({ predicted, plainPredicted, label, maxAbsError, relativeToMax }, i) =>
    table.push([
      names[i],
      className(predicted),
      className(plainPredicted),
      label === null ? "?" : className(label),
      errorText(maxAbsError),
      percent(relativeToMax),
    ]),
  );
  const { encrypt, evaluate, decrypt } = results[0].milliseconds;
  const stages = [
    `keys ${seconds(setupMilliseconds.keys)}`,
    `server start ${seconds(setupMilliseconds.server)}`,
    `encrypt ${seconds(encrypt)}`,
    `evaluate ${seconds(evaluate)} (${layers.map((l) => `${l.name} ${seconds(l.milliseconds)}`).join(", ")})`,
    `decrypt ${seconds(decrypt)}`,
  ];
  return [
    table.toString(),
    `time for the whole batch: ${stages.join(", ")}; ${report.threads} thread${report.threads === 1 ? "" : "s"}`,
    `computed by the evaluator ${formatChoice(report.evaluator)}: ${report.evaluator.reason}`,
    `N = ${parameters.polyModulusDegree}, primes ${formatChain(parameters)}, ` +
      `${formatSecurity(parameters)}, packing ${packing}`,
    `travels: input ${megabytes(bytes.input)}, evaluation keys ${megabytes(bytes.evaluationKeys)}, ` +
      `output ${megabytes(bytes.output)}`,
  ].join("\n");
}
