import Table from "cli-table3";
import type { BfvParameters } from "../he-ml/crypto/bfv/parameters.js";
import { formatChain, type WrittenParameters } from "../he-ml/crypto/parameters.js";
import { formatSecurity } from "../he-ml/crypto/security-tables.js";
import type { LayerTrace } from "../he-ml/layers/trace.js";
import type { RemoteInference } from "../he-ml/network/remote-inference.js";
import { errorText, megabytes, percent, seconds } from "../viz/units.js";

/** BFV's parameters without what follows from them. */
type WrittenBfv = Pick<
  BfvParameters,
  "scheme" | "polyModulusDegree" | "coeffModulusBits" | "plainModulus" | "security" | "securityTable"
>;

interface RequestResult {
  readonly logits: readonly number[];
  readonly predicted: number;
  readonly label: number | null;
  /** Of the whole batch, the same for each of its images. */
  readonly milliseconds: RemoteInference["milliseconds"];
  /** Where a model was given to compare with. */
  readonly plainLogits?: readonly number[];
  readonly plainPredicted?: number;
  readonly maxAbsError?: number;
  readonly relativeToMax?: number;
}

/** What `he-ml request --json` prints. */
export interface RequestReport {
  readonly model: string;
  readonly packing: string;
  readonly images: number;
  readonly servers: readonly { readonly url: string; readonly layers: readonly number[] }[];
  readonly parameters: WrittenParameters | WrittenBfv;
  readonly results: readonly RequestResult[];
  readonly classNames?: readonly string[];
  /** Programs, keys and sessions; by `POST /compute` the keys alone. */
  readonly setupMilliseconds: { readonly connect: number };
  readonly milliseconds: RemoteInference["milliseconds"];
  readonly bytes: RemoteInference["bytes"];
  readonly layers: readonly LayerTrace[];
}

/**
 * The first image's prediction in one line, a row an image, and what the batch took.
 *
 * @param isWhole whether the outputs are logits; those of layers before the last predict nothing
 */
export function requestText(
  report: RequestReport,
  [first, ...others]: readonly string[],
  isWhole: boolean,
): string {
  const {
    classNames = [],
    results,
    servers,
    milliseconds,
    setupMilliseconds,
    bytes,
    layers,
    packing,
    parameters,
  } = report;
  const className = (index: number) => classNames[index] ?? String(index);
  const { predicted, label } = results[0];
  const verdict =
    label === null ? "" : label === predicted ? ", as labelled" : `, but labelled ${className(label)}`;
  const places = servers
    .map(({ url, layers: own }) => `${url} (layers ${own[0]}–${own.at(-1)!})`)
    .join(" and ");
  const isCompared = results[0].plainPredicted !== undefined;
  const table = new Table({
    head: ["image", "predicted", "label", ...(isCompared ? ["plain", "largest error", "of max"] : [])],
    colAligns: new Array<"right">(isCompared ? 6 : 3).fill("right"),
    style: { head: [], border: [], compact: true },
  });
  const names = [first, ...others];
  results.forEach((result, i) => {
    const { plainPredicted, maxAbsError = 0, relativeToMax = 0 } = result;
    const known = [
      names[i],
      className(result.predicted),
      result.label === null ? "?" : className(result.label),
    ];
    const compared =
      plainPredicted === undefined
        ? []
        : [className(plainPredicted), errorText(maxAbsError), percent(relativeToMax)];
    table.push([...known, ...compared]);
  });
  const traced =
    layers.length > 0
      ? ` (${layers.map((layer) => `${layer.name} ${seconds(layer.milliseconds)}`).join(", ")})`
      : "";
  const stages = [`connect ${seconds(setupMilliseconds.connect)}`].concat(
    Object.entries(milliseconds).map(
      ([stage, took]) => `${stage} ${seconds(took)}${stage === "evaluate" ? traced : ""}`,
    ),
  );
  const chain =
    parameters.scheme === "ckks"
      ? formatChain(parameters)
      : `[${parameters.coeffModulusBits.join(", ")}], p = ${parameters.plainModulus}`;
  const said = isWhole
    ? [
        `image ${first}, classified while encrypted by ${report.model} at ${places}: ${className(predicted)}${verdict}`,
        "",
        table.toString(),
      ]
    : [
        `image ${first}, computed on while encrypted by ${report.model} at ${places}: ${results[0].logits.length} values; see --json`,
      ];
  return [
    ...said,
    `time for the whole batch: ${stages.join(", ")}`,
    `N = ${parameters.polyModulusDegree}, primes ${chain}, ${formatSecurity(parameters)}, packing ${packing}`,
    `travels: input ${megabytes(bytes.input)}, evaluation keys ${megabytes(bytes.evaluationKeys)}, output ${megabytes(bytes.output)}`,
  ].join("\n");
}
