import Table from "cli-table3";
import { checkParameters, formatParameters } from "../he-ml/crypto/parameters.js";
import type { AccuracySummary } from "../he-ml/service/accuracy-summary.js";
import type { ShareInterval } from "../he-ml/service/accuracy-statistics.js";
import { errorText, formatCount, percent, seconds } from "../viz/units.js";

/** More are counted; all are in what `--json` prints. */
const mostFlipsShown = 10;

/** What was measured, as lines and two tables. */
export function accuracyText(summary: AccuracySummary): string {
  const { model, packing, dataset, index, count, flips, flipped, interval95, phaseMillisecondsPerImage } =
    summary;
  const { encrypt, travel, evaluate, decrypt } = phaseMillisecondsPerImage;
  const { keys, server } = summary.setupMilliseconds;
  return [
    `${model}, packing ${packing}, ${formatCount(count, "image")} of ${dataset} from ${index} on, encrypted`,
    `accuracy encrypted ${share(summary.encryptedAccuracy)} (95 % between ${between(interval95.encrypted)}), ` +
      `plain ${share(summary.plainAccuracy)} (${between(interval95.plain)})`,
    `${formatCount(flips, "flip")}; errors of logits: largest ${errorText(summary.maxAbsError)} ` +
      `(${percent(summary.relativeToMax)} of the largest logit, ${errorText(summary.largestLogit)}), ` +
      `99 % within ${errorText(summary.p99AbsError)}, mean ${errorText(summary.meanAbsError)}, ` +
      `root mean square ${errorText(summary.rmsError)}`,
    confusionTable(summary),
    ...(flips > 0 ? [flipTable(summary)] : []),
    ...(flips > mostFlipsShown ? [`${flipped.length - mostFlipsShown} more flips: see --json`] : []),
    `each image ${milliseconds(summary.millisecondsPerImage)}${summary.threads === null ? ", several at once" : ""}: encrypt ${milliseconds(encrypt)}, ` +
      (travel > 0 ? `travel and wait ${milliseconds(travel)}, ` : "") +
      `evaluate ${milliseconds(evaluate)}, decrypt ${milliseconds(decrypt)}; ` +
      `keys ${seconds(keys)} and server ${seconds(server)} once; ` +
      (summary.threads === null ? "computed by workers" : formatCount(summary.threads, "thread")),
    `evaluator ${summary.evaluator}; ${formatParameters(checkParameters(summary.parameters))}`,
  ].join("\n");
}

const share = (value: number) => `${(100 * value).toFixed(2)} %`;
const between = ({ low, high }: ShareInterval) => `${share(low)} and ${share(high)}`;
const milliseconds = (value: number) => `${Number(value.toPrecision(3))} ms`;

function confusionTable({ confusionMatrix, classNames }: AccuracySummary): string {
  const table = new Table({
    head: ["label \\ encrypted", ...confusionMatrix.map((_, predicted) => String(predicted))],
    colAligns: ["left", ...confusionMatrix.map((): "right" => "right")],
    style: { head: [], border: [], compact: true },
  });
  confusionMatrix.forEach((row, label) => {
    const name = classNames?.[label];
    const called = name === undefined || name === String(label) ? String(label) : `${label} ${name}`;
    table.push([called, ...row]);
  });
  return table.toString();
}

function flipTable({ flipped }: AccuracySummary): string {
  const table = new Table({
    head: ["flipped image", "label", "encrypted", "plain", "plain logits apart", "encrypted ones"],
    colAligns: new Array<"right">(6).fill("right"),
    style: { head: [], border: [], compact: true },
  });
  for (const flip of flipped.slice(0, mostFlipsShown)) {
    const { index, label, predicted, plainPredicted, plainGap, encryptedGap } = flip;
    table.push([index, label, predicted, plainPredicted, errorText(plainGap), errorText(encryptedGap)]);
  }
  return table.toString();
}
