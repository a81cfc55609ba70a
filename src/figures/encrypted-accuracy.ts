import { accuracy } from "../he-ml/node/accuracy.js";
import { loadModel, loadNetwork } from "../he-ml/node/files/load-model.js";
import { modelForward, type Network } from "../he-ml/model/model.js";
import type { Program } from "../he-ml/program/program.js";
import { wilsonInterval, type ShareInterval } from "../he-ml/service/accuracy-statistics.js";
import { accuracySummary } from "../he-ml/service/accuracy-summary.js";
import { argmax, imageAt } from "../he-ml/tensor/tensor.js";
import { loadDataset, makeHeFriendly, selectImages, sliceDataset, type Dataset } from "../train/index.js";
import type { Figure } from "../viz/figure.js";
import { measuredPlot, type MeasuredSeries } from "../viz/measured-plot.js";
import type { FigureRun, FigureTable, ResearchFigure } from "./research-figure.js";
import { rounded, withRoundedWeights } from "./rounded-model.js";
import {
  factsOf,
  layeredParameters,
  programOf,
  type FigureModel,
  type ProgramFacts,
} from "./timed-inference.js";

/** How many test images are classified rightly, of all of them. */
type Rows = { readonly name: string; readonly plain: number; readonly rounded: number | null };

type EncryptedAccuracyData = {
  readonly exact: {
    readonly images: number;
    readonly networks: readonly Rows[];
    readonly programs: readonly ProgramFacts[];
  };
  /** By network, where it can be encrypted. */
  readonly measured: {
    readonly encrypted: Readonly<
      Record<string, { readonly correct: number; readonly flips: number; readonly largestError: number }>
    >;
  };
};

const encryptedModels = (quick: boolean): readonly FigureModel[] =>
  quick ? ["breast-cancer"] : ["lenet1-from-tanh", "lenet1"];

/** Accuracy in the clear, with the weights' rounding, and encrypted. */
export const encryptedAccuracy: ResearchFigure<EncryptedAccuracyData> = {
  name: "encrypted-accuracy",
  title: "Accuracy: plain, approximated, encrypted",
  width: "column",
  caption:
    "Test images of MNIST (all 10,000) that are classified wrongly: by LeNet-1 with tanh, the same with each tanh replaced by a fitted square, that one " +
    "trained further, and LeNet-1 trained with squares; in the clear, in the clear with pixels and weights rounded as they are encoded, and encrypted (packing batch, N = 8192). " +
    "Intervals: Wilson's 95 % for the share of all images like these. A quick run takes breast-cancer's 114 test rows.",

  async measure(run) {
    const dataset = await loadDataset(run.quick ? "breast-cancer" : "mnist", "test");
    const networks: Rows[] = [];
    if (!run.quick) {
      for (const [name, network] of Object.entries(await tanhNetworks())) {
        const plain = await run.step(`plain ${name}`, async () => correctOf(network, dataset, run));
        networks.push({ name, plain, rounded: null });
      }
    }
    const programs: ProgramFacts[] = [];
    const encrypted: Record<string, Encrypted> = {};
    for (const name of encryptedModels(run.quick)) {
      const model = await loadModel(name);
      const weights = withRoundedWeights(model, layeredParameters.weightScaleBits);
      networks.push(
        await run.step(`plain ${name}`, async () => ({
          name,
          plain: await correctOf(model, dataset, run),
          rounded: await correctOf(weights, dataset, run, layeredParameters.scaleBits),
        })),
      );
      const given = { model: name, packing: "batch" } as const;
      const program = await programOf(given);
      programs.push(factsOf(given, program));
      const parts: Encrypted[] = [];
      for (const [start, end] of ranges(dataset.images.count, program.parameters.slots)) {
        const part = await run.step(`encrypted ${name}, images ${start} to ${end - 1}`, () =>
          encryptedPart(program, sliceDataset(dataset, start, end), run),
        );
        parts.push(part);
      }
      encrypted[name] = {
        correct: sum(parts.map(({ correct }) => correct)),
        flips: sum(parts.map(({ flips }) => flips)),
        largestError: Math.max(...parts.map(({ largestError }) => largestError)),
      };
    }
    return {
      exact: { images: dataset.images.count, networks, programs },
      measured: { encrypted },
    };
  },

  table({ exact, measured }): FigureTable {
    const { images } = exact;
    return {
      columns: [
        ...[
          "network",
          "computed",
          "correct_images",
          "images",
          "accuracy_percent",
          "low_percent",
          "high_percent",
        ],
        ...["flips_images", "largest_error"],
      ],
      rows: exact.networks.flatMap(({ name, plain, rounded: approximated }) => {
        const encrypted = measured.encrypted[name] as Encrypted | undefined;
        const row = (computed: string, correct: number, ...rest: (number | null)[]) => [
          ...[name, computed, correct, images, (100 * correct) / images],
          ...percentOf(wilsonInterval(correct, images)),
          ...rest,
        ];
        return [
          row("plain", plain, null, null),
          ...(approximated === null ? [] : [row("rounded", approximated, null, null)]),
          ...(encrypted
            ? [row("encrypted", encrypted.correct, encrypted.flips, encrypted.largestError)]
            : []),
        ];
      }),
    };
  },

  draw({ exact, measured }): Figure {
    const { images, networks } = exact;
    const series = (
      name: string,
      offset: number,
      countOf: (row: Rows) => number | null | undefined,
    ): MeasuredSeries => {
      const held = networks.flatMap((row, place) => {
        const correct = countOf(row);
        return typeof correct === "number" ? [{ place, correct }] : [];
      });
      return {
        name,
        x: held.map(({ place }) => place + offset),
        y: held.map(({ correct }) => wrongPercent(correct, images)),
        interval: held.map(({ correct }) => {
          const [low, high] = percentOf(wilsonInterval(correct, images));
          return [100 - high, 100 - low];
        }),
        drawn: "points",
      };
    };
    return measuredPlot(
      [
        series("plain", -0.2, ({ plain }) => plain),
        series("rounded as encoded", 0, ({ rounded: approximated }) => approximated),
        series("encrypted", 0.2, ({ name }) => (measured.encrypted[name] as Encrypted | undefined)?.correct),
      ],
      {
        title: "Accuracy, encrypted and not",
        x: { title: "network", names: networks.map(({ name }) => name) },
        y: { title: "classified wrongly (%)", log: true },
        height: 460,
      },
    );
  },
};

type Encrypted = EncryptedAccuracyData["measured"]["encrypted"][string];

/** Images that are fitted to, as when a network is converted. */
const fittingImages = 1000;

async function tanhNetworks(): Promise<Readonly<Record<string, Network>>> {
  const tanh = await loadNetwork("lenet1-tanh");
  const { images } = selectImages(sliceDataset(await loadDataset("mnist", "train"), 0, fittingImages));
  return { "lenet1-tanh": tanh, "tanh replaced": makeHeFriendly(tanh, images, "square") };
}

/** Of a dataset's images, how many a network classifies rightly in the clear; pixels rounded, where that is asked for. */
async function correctOf(
  network: Network,
  dataset: Dataset,
  { signal }: FigureRun,
  inputScaleBits?: number,
): Promise<number> {
  let correct = 0;
  for (const [start, end] of ranges(dataset.images.count, 500)) {
    await new Promise((done) => setImmediate(done));
    signal?.throwIfAborted();
    const { images, labels } = selectImages(sliceDataset(dataset, start, end));
    const logits = modelForward(network, inputScaleBits ? rounded(images, inputScaleBits) : images).at(-1)!;
    correct += labels.filter((label, i) => argmax(imageAt(logits, i).data) === label).length;
  }
  return correct;
}

async function encryptedPart(program: Program, dataset: Dataset, { signal }: FigureRun): Promise<Encrypted> {
  const { images, labels } = selectImages(dataset);
  const report = await accuracy(program, images, [...labels], { threads: 0, signal });
  const { count, encryptedAccuracy, flips, maxAbsError } = accuracySummary(report);
  return { correct: Math.round(count * encryptedAccuracy), flips, largestError: maxAbsError };
}

function ranges(count: number, size: number): [start: number, end: number][] {
  const starts = Array.from({ length: Math.ceil(count / size) }, (_, i) => i * size);
  return starts.map((start) => [start, Math.min(start + size, count)]);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const percentOf = ({ low, high }: ShareInterval) => [100 * low, 100 * high] as const;

const wrongPercent = (correct: number, images: number) => (100 * (images - correct)) / images;
