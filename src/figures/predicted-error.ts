import { infer } from "../he-ml/node/infer.js";
import type { Model } from "../he-ml/model/model.js";
import { explain } from "../he-ml/program/explain.js";
import { sizeOf, type Tensor } from "../he-ml/tensor/tensor.js";
import { againstPrediction } from "../viz/against-prediction.js";
import { compileAlike, withImages } from "./mnist-networks.js";
import { randomImages, randomNetwork, type RandomNetwork } from "./random-network.js";
import type { FigureRun, Repeated, ResearchFigure } from "./research-figure.js";

const statistics = ["rms", "maximum"] as const;
type Statistic = (typeof statistics)[number];

type Predicted = {
  readonly network: string;
  /** In words, of a random one. */
  readonly model: string;
  readonly stages: readonly {
    readonly name: string;
    /** Values of an image at the stage's output. */
    readonly values: number;
    readonly predicted: Readonly<Record<Statistic, number>>;
  }[];
};

/** By stage. */
type Measured = readonly Readonly<Record<Statistic, Pick<Repeated, "mean" | "confidence95" | "values">>>[];

export type PredictedErrorData = {
  readonly exact: { readonly imagesEach: number; readonly networks: readonly Predicted[] };
  /** By network. */
  readonly measured: readonly Measured[];
};

interface Case {
  readonly network: string;
  readonly model: Model;
  readonly images: Tensor;
}

/** The error that a plan predicts, and the one that comes. */
export const predictedError: ResearchFigure<PredictedErrorData> = {
  name: "predicted-error",
  title: "Predicted and measured error",
  caption:
    "Error behind each stage of packed inference, measured over what the plan predicts, for mnist-small and lenet1 on test images of MNIST and for " +
    "five networks with random weights on random images. Root mean square over 4 images and all values of a stage; and the largest of " +
    "them, predicted as the median of the largest of as many independent normal errors. Means over runs under fresh keys and their 95 % " +
    "confidence intervals; plans made with typical costs.",

  async measure(run) {
    const imagesEach = run.quick ? 1 : 4;
    const networks: Predicted[] = [];
    const measured: Measured[] = [];
    for (const given of await casesOf(run, imagesEach)) {
      const program = await compileAlike(given.model);
      const stages = explain(program).stages.map(({ name, shape, predictedError }) => {
        const values = sizeOf(shape);
        const maximum = predictedError * medianOfLargest(values * imagesEach);
        return { name, values, predicted: { rms: predictedError, maximum } };
      });
      networks.push({ network: given.network, model: given.model.name, stages });
      const seen = await run.repeat(given.network, async () => {
        const { layers } = await infer(program, given.images, { threads: 0, signal: run.signal });
        return Object.fromEntries(
          layers.flatMap(({ error }, i) => [
            [`rms ${i}`, error!.rms],
            [`maximum ${i}`, error!.maxAbs],
          ]),
        );
      });
      measured.push(stages.map((_, i) => ({ rms: seen[`rms ${i}`], maximum: seen[`maximum ${i}`] })));
    }
    return { exact: { imagesEach, networks }, measured };
  },

  table: ({ exact, measured }) => ({
    columns: [
      ...["network", "model", "stage", "values_count", "statistic", "predicted_error"],
      ...["measured_error", "measured_error_low_95", "measured_error_high_95", "repeats_count"],
    ],
    rows: exact.networks.flatMap(({ network, model, stages }, n) =>
      stages.flatMap(({ name, values, predicted }, i) =>
        statistics.map((statistic) => {
          const { mean, confidence95, values: repeats } = measured[n][i][statistic];
          return [
            network,
            model,
            name,
            values,
            statistic,
            predicted[statistic],
            mean,
            ...confidence95,
            repeats.length,
          ];
        }),
      ),
    ),
  }),

  draw: ({ exact, measured }) =>
    statistics.map((statistic) => ({
      name: statistic,
      figure: againstPrediction(
        `${statistic === "rms" ? "Rms" : "Largest"} error of each stage`,
        `${statistic} error (unit of values)`,
        exact.networks.map(({ network, stages }, n) => ({
          name: network,
          points: stages.map(({ predicted }, i) => ({
            predicted: predicted[statistic],
            measured: measured[n][i][statistic].mean,
            interval: measured[n][i][statistic].confidence95,
          })),
        })),
      ),
    })),
};

async function casesOf(run: FigureRun, count: number): Promise<Case[]> {
  const committed = (["mnist-small", "lenet1"] as const).slice(0, run.quick ? 1 : 2);
  const trained = await Promise.all(
    committed.map(async (network) => ({ network, ...(await withImages(network, count)) })),
  );
  const drawn = Array.from({ length: run.quick ? 1 : 5 }, (_, i): Case => {
    const random = run.random(`network ${i}`);
    const among = <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)];
    const network: RandomNetwork = {
      size: run.quick ? 8 : among([8, 12, 16, 20]),
      channels: among([1, 2, 4]),
      field: among([3, 5]),
      depth: run.quick ? 1 : among([1, 2]),
    };
    const model = randomNetwork(network, random);
    return { network: `random ${i + 1}`, model, images: randomImages(network, count, random) };
  });
  return [...trained, ...drawn];
}

/**
 * The median of the largest magnitude among independent normal numbers of standard deviation 1: all n lie within ±m with
 * probability P(|X| ≤ m)^n, which is 1/2 there.
 */
export function medianOfLargest(count: number): number {
  const within = 0.5 ** (1 / count);
  let [low, high] = [0, 10];
  while (high - low > 1e-9) {
    const middle = (low + high) / 2;
    if (errorFunction(middle / Math.SQRT2) < within) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * erf(x) for x from 0 on, to 1.5e-7.
 *
 * @see Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 7.1.26
 */
function errorFunction(x: number): number {
  const t = 1 / (1 + 0.3275911 * x);
  const coefficients = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  return 1 - coefficients.reduce((sum, each) => (sum + each) * t, 0) * Math.exp(-x * x);
}
