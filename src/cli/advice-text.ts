import Table from "cli-table3";
import { formatSecurity } from "../he-ml/crypto/security-tables.js";
import type { AdvicePoint, AdviceReport } from "../he-ml/parameters-tester/advice.js";
import { formatCount, megabytes, percent } from "../viz/units.js";

const marks: Readonly<Record<AdvicePoint["status"], string>> = {
  recommended: "→ take this",
  front: "worth taking",
  dominated: "beaten by",
  misses: "not precise",
  failed: "cannot work",
  "not-run": "not run",
};

/** A row for each point that ran, why the recommended one is as it is, and why others are not. */
export function adviceText(report: AdviceReport): string {
  const { points, model, goal, relativeError, images, recommended } = report;
  const best = points.find(({ status }) => status === "recommended");
  return [
    `${model}: parameters for ${goal}, error up to ${percent(relativeError)} of the largest output, ` +
      `${formatSecurity(report)}; each run on ${formatCount(images.count, "image")}` +
      (images.madeUp ? " made up from the model's ranges" : ""),
    tableOf(points),
    `time and upload of one image alone, and of each where a request is full; keys are sent once`,
    ...(best ? [`take ${recommended}`, ...reasonsOf(best)] : []),
    `stricter: ${report.stricter}`,
    ...points.flatMap(({ name, reason }, i) => (reason ? [`${i + 1}. ${name}: ${reason}`] : [])),
    ...(best
      ? [`parameters for --parameters, with ${runOptions(best)}:`, JSON.stringify(best.parameters)]
      : []),
  ].join("\n");
}

function tableOf(points: readonly AdvicePoint[]): string {
  const table = new Table({
    head: [
      "",
      "packing",
      "for",
      "N",
      "chain",
      "scales",
      "error",
      "ms",
      "ms each",
      "upload",
      "each",
      "keys",
      "",
    ],
    colAligns: [
      ...new Array<"left">(3).fill("left"),
      "right",
      "left",
      "left",
      ...new Array<"right">(6).fill("right"),
      "left",
    ],
    style: { head: [], border: [], compact: true },
  });
  points.forEach((point, i) => {
    const { packing, evaluator, parameters, measured, status, dominatedBy } = point;
    if (!parameters || !measured) return;
    const { coeffModulusBits, scaleBits, weightScaleBits } = parameters;
    const better = points.findIndex(({ name }) => name === dominatedBy) + 1;
    table.push([
      i + 1,
      packing,
      evaluator,
      parameters.polyModulusDegree,
      `${coeffModulusBits.slice(0, -1).join(" ")} | ${coeffModulusBits.at(-1)}`,
      `${scaleBits} · ${weightScaleBits}`,
      percent(measured.relativeError),
      figures(measured.latencyMilliseconds),
      figures(measured.millisecondsPerImage),
      size(measured.uploadBytes),
      size(measured.uploadBytesPerImage),
      megabytes(measured.keyBytes),
      marks[status] + (dominatedBy ? ` ${better}` : ""),
    ]);
  });
  return table.toString();
}

function reasonsOf({ why, modulusBits }: AdvicePoint): string[] {
  const { degree, chain, scales, packing } = why;
  return [
    `  degree: ${degree} (${modulusBits!.total} of ${modulusBits!.allowed} bits)`,
    `  chain: ${chain}`,
    `  scales: ${scales}`,
    `  packing: ${packing}`,
  ];
}

const runOptions = ({ packing, evaluator }: AdvicePoint) => `--packing ${packing} --evaluator ${evaluator}`;

/** An image's share of a batch is small. */
const size = (bytes: number) => (bytes < 1e5 ? `${(bytes / 1000).toFixed(1)} kB` : megabytes(bytes));

const figures = (milliseconds: number) => String(Number(milliseconds.toPrecision(3)));
