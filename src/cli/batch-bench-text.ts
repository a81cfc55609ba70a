import Table from "cli-table3";
import { formatChoice } from "../he-ml/crypto/choose-evaluator.js";
import { formatChain } from "../he-ml/crypto/parameters.js";
import type { BatchBenchReport } from "../he-ml/node/bench-batch.js";
import { megabytes, percent } from "../viz/units.js";

/** What `he-ml bench --packing batch` prints. */
export function batchBenchText({ machine, models }: BatchBenchReport): string {
  const table = new Table({
    head: ["model", "evaluator", "threads", "images", "min", "median", "images a second", "input", "keys"],
    colAligns: ["left", "left", ...new Array<"right">(7).fill("right")],
    style: { head: [], border: [], compact: true },
  });
  for (const { model, evaluator, threads, images, evaluateMilliseconds, imagesPerSecond, bytes } of models) {
    table.push([
      ...[model, formatChoice(evaluator), threads, images],
      ...[
        seconds(evaluateMilliseconds.min),
        seconds(evaluateMilliseconds.median),
        imagesPerSecond.toFixed(0),
      ],
      ...[megabytes(bytes.input), megabytes(bytes.evaluationKeys)],
    ]);
  }
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, node-seal ${machine.seal}`,
    table.toString(),
    ...models.map(({ model, evaluator, stages, parameters }) => {
      const each = stages.map(({ name, measuredMilliseconds }) => `${name} ${seconds(measuredMilliseconds)}`);
      return `${model}, ${evaluator.evaluator}: ${each.join("; ")}; N = ${parameters.polyModulusDegree}, primes ${formatChain(parameters)}`;
    }),
    ...models.flatMap(({ model, evaluator, precision }) =>
      precision
        ? [
            `${model}, ${evaluator.evaluator}: ${precision.images} images, largest error ${percent(precision.relativeToMax)} of the largest ` +
              `logit, ${precision.flips} flips`,
          ]
        : [],
    ),
  ].join("\n");
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toPrecision(3)} s`;
