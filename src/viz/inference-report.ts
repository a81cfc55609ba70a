import { isList, requireArgument } from "../he-ml/arguments.js";
import { formatSecurity } from "../he-ml/crypto/security-tables.js";
import type { InferenceReport } from "../he-ml/service/infer.js";
import type { Tensor } from "../he-ml/tensor/tensor.js";
import { digits } from "./digits.js";
import { errorPerLayer } from "./error-per-layer.js";
import { planAgainstRun } from "./plan-against-run.js";
import { renderReport } from "./report.js";
import { unitOf } from "./runs.js";
import { scalePerLayer } from "./scale-per-layer.js";
import { timePerLayer } from "./time-per-layer.js";
import { formatCount, errorText, megabytes, percent, seconds } from "./units.js";

/**
 * The report of an inference as a self-contained HTML page.
 *
 * @param images that were classified, `[n, …shape]`
 * @param names how tables call each image; counted from 0 if left out
 * @example await writeFile("report.html", await inferenceReport(await infer(program, images), images));
 */
export async function inferenceReport(
  report: InferenceReport,
  images: Tensor,
  names?: readonly string[],
): Promise<string> {
  const hasResults = isList(report?.results) && report.results.length > 0;
  requireArgument("inferenceReport", hasResults, "what infer gives", report);
  requireArgument("inferenceReport", isList(images?.shape), "the images that were classified", images);
  const { classNames, model, results, parameters, packing, layers, bytes, setupMilliseconds } = report;
  const { encrypt, evaluate, decrypt } = results[0].milliseconds;
  const agreeing = results.filter(({ predicted, plainPredicted }) => predicted === plainPredicted).length;
  const className = (index: number) => classNames?.[index] ?? String(index);
  const isDigits = images.shape.slice(1).join() === "1,28,28";
  const unit = unitOf(layers);
  const data = parameters.coeffModulusBits.slice(0, -1);
  return renderReport({
    title: `${model}: ${formatCount(report.images, "image")} classified while encrypted`,
    intro:
      `Encrypted and plain model agree on ${agreeing} of ${report.images}. ` +
      `CKKS with N = ${parameters.polyModulusDegree}, primes [${data.join(", ")} | ${parameters.coeffModulusBits.at(-1)}] (bits), input scale ` +
      `2^${parameters.scaleBits}, weight scale 2^${parameters.weightScaleBits}; ` +
      (parameters.security === "teaching"
        ? "teaching parameters without security"
        : formatSecurity(parameters)) +
      `; packing ${packing}; ${formatCount(report.threads, "thread")}; computed by the evaluator ${report.evaluator.evaluator}.`,
    tables: [
      {
        caption: "Results",
        columns: [
          "image",
          "predicted",
          "plain model",
          "label",
          "largest error",
          "relative to the largest logit",
        ],
        rows: results.map(({ predicted, plainPredicted, label, maxAbsError, relativeToMax }, i) => [
          names?.[i] ?? String(i),
          className(predicted),
          className(plainPredicted),
          label === null ? null : className(label),
          errorText(maxAbsError),
          percent(relativeToMax),
        ]),
      },
      {
        caption: "Time, for the whole batch",
        columns: ["stage", "time"],
        rows: [
          ["make keys", seconds(setupMilliseconds.keys)],
          ["start the server's workers", seconds(setupMilliseconds.server)],
          ["encrypt", seconds(encrypt)],
          ["evaluate", seconds(evaluate)],
          ["decrypt", seconds(decrypt)],
        ],
      },
      {
        caption: "What travels",
        columns: ["what", "size"],
        rows: [
          ["encrypted images, to the server", megabytes(bytes.input)],
          ["evaluation keys, to the server, once", megabytes(bytes.evaluationKeys)],
          ["encrypted logits, back", megabytes(bytes.output)],
        ],
      },
    ],
    figures: [
      ...(isDigits
        ? [{ caption: "The images and what was read in them", figure: pictures(report, images) }]
        : []),
      { caption: `Error of each ${unit} against the plain model`, figure: errorPerLayer(layers) },
      { caption: `Scale and levels that each ${unit} consumes`, figure: scalePerLayer(layers) },
      { caption: `Time that each ${unit} takes`, figure: timePerLayer(layers) },
      ...(report.explanation && report.images === 1
        ? [
            {
              caption: "The run, laid over its prediction",
              figure: planAgainstRun(report.explanation, layers),
            },
          ]
        : []),
    ],
  });
}

function pictures({ results, classNames }: InferenceReport, { shape, data }: Tensor) {
  const size = data.length / shape[0];
  return digits(
    results.map(({ predicted, label }, i) => ({
      pixels: data.subarray(i * size, (i + 1) * size),
      predicted,
      label: label ?? undefined,
    })),
    // Names need more room than digits.
    { columns: classNames ? 5 : 10, classNames },
  );
}
