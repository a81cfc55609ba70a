import { infer } from "../he-ml/node/infer.js";
import type { Model } from "../he-ml/model/model.js";
import { explain } from "../he-ml/program/explain.js";
import { imageAt, sizeOf, stack, type Tensor } from "../he-ml/tensor/tensor.js";
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
  readonly exact: { readonly networks: readonly Predicted[] };
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
    "five networks with random weights on random images. Root mean square over all values of a stage, and the largest of them, as explain predicts them for " +
    "usual images. Means over runs under fresh keys, each of another image, and their 95 % confidence intervals; plans made with typical costs.",
  width: "column",

  async measure(run) {
    const networks: Predicted[] = [];
    const measured: Measured[] = [];
    for (const given of await casesOf(run)) {
      const program = await compileAlike(given.model);
      const stages = explain(program).stages.map(({ name, shape, predictedRmsError, predictedMaxError }) => {
        return {
          name,
          values: sizeOf(shape),
          predicted: { rms: predictedRmsError, maximum: predictedMaxError },
        };
      });
      networks.push({ network: given.network, model: given.model.name, stages });
      const seen = await run.repeat(given.network, async (repetition) => {
        const image = stack([imageAt(given.images, repetition % given.images.shape[0])]);
        const { layers } = await infer(program, image, { threads: 0, signal: run.signal });
        return Object.fromEntries(
          layers.flatMap(({ error }, i) => [
            [`rms ${i}`, error!.rms],
            [`maximum ${i}`, error!.maxAbs],
          ]),
        );
      });
      measured.push(stages.map((_, i) => ({ rms: seen[`rms ${i}`], maximum: seen[`maximum ${i}`] })));
    }
    return { exact: { networks }, measured };
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

/** More than there are repetitions, usually. */
const count = 50;

async function casesOf(run: FigureRun): Promise<Case[]> {
  const committed = (["mnist-small", "lenet1"] as const).slice(0, run.quick ? 0 : 2);
  const trained = await Promise.all(
    committed.map(async (network) => ({ network, ...(await withImages(network, count)) })),
  );
  const drawn = Array.from({ length: run.quick ? 2 : 5 }, (_, i): Case => {
    const random = run.random(`network ${i}`);
    const among = <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)];
    const network: RandomNetwork = {
      size: run.quick ? 8 : among([12, 16, 20]),
      channels: among([1, 2, 4]),
      field: among([3, 5]),
      depth: run.quick ? 1 : among([1, 2]),
    };
    const model = randomNetwork(network, random);
    return { network: `random ${i + 1}`, model, images: randomImages(network, count, random) };
  });
  return [...trained, ...drawn];
}
